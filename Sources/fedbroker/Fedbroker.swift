@main
struct Fedbroker {
  static func main() {}
}
