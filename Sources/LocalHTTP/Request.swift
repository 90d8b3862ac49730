package struct Request: Sendable {
}
