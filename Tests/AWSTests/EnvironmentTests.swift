import AWS
import Testing

struct EnvironmentTests {
  @Test func `Printing shows names only`() {
    let environment = Environment(["AWS_SECRET_ACCESS_KEY": "the-secret", "HOME": "/h"])
    #expect("\(environment)" == "Environment(AWS_SECRET_ACCESS_KEY, HOME)")
    var text = ""
    dump(environment, to: &text)
    #expect(!text.contains("the-secret"))
  }
}
