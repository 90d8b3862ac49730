import Outbound
import Secrets
import Testing

@testable import AWS

struct ServiceErrorTests {
  private func error(_ fields: KeyValuePairs<String, String> = [:], body: String = "") -> ServiceError {
    ServiceError(
      TransportResponse(status: 400, fields: fields.map { (name: $0.key, value: $0.value) }, body: Secret(body)))
  }

  @Test(arguments: [
    ("InvalidRequestException", "", "InvalidRequestException"),
    ("InvalidRequestException:http://internal.amazon.com/coral/x", "", "InvalidRequestException"),
    ("aws.x#InvalidRequestException", "{\"code\":\"Other\"}", "InvalidRequestException"),
    (nil, "{\"code\":\"a#B\",\"__type\":\"C\"}", "B"), (nil, "{\"Code\":\"B:x\"}", "B"),
    (nil, "{\"__type\":\"com.amazonaws.connect#C\"}", "C"), (nil, "{\"__type\":\"C#\"}", "UpstreamError"),
    (nil, "{\"code\":7}", "UpstreamError"), (nil, "", "UpstreamError"), (nil, "<html>", "UpstreamError"),
    ("", "", "UpstreamError"),
    ("a b", "", "UpstreamError"), ("x\r\ny", "", "UpstreamError"),
    (String(repeating: "x", count: 129), "", "UpstreamError"),
  ])
  func `The code comes from the field, then from the body, and is a word`(
    field: String?, body: String, code: String
  ) {
    let error = field.map { self.error(["X-Amzn-Errortype": $0], body: body) } ?? self.error(body: body)
    #expect(error.code == code)
  }

  @Test(arguments: [
    ("{\"message\":\"m\"}", "m"), ("{\"Message\":\"M\"}", "M"), ("{\"message\":\"m\",\"Message\":\"M\"}", "m"),
    ("{\"message\":\"a\\u0000b\\u001b[31mc\\u202ed\"}", "ab[31mcd"), ("{\"message\":\"one\\ntwo\"}", "one"),
    (
      "{\"message\":\"The signature does not match.\\n\\nThe Canonical String was\\nx-amz-security-token:the-token\"}",
      "The signature does not match."
    ),
    ("{\"message\":\"\"}", "Amazon Connect answered with status 400"), ("", "Amazon Connect answered with status 400"),
    ("{\"message\":{\"a\":1}}", "Amazon Connect answered with status 400"),
  ])
  func `The message is one line without control characters`(body: String, message: String) {
    #expect(error(body: body).message == message)
  }

  @Test func `A long message is cut`() {
    let text = String(repeating: "é", count: 5000)
    #expect(error(body: "{\"message\":\"\(text)\"}").message == String(text.prefix(1024)))
  }

  @Test(arguments: [("1f6e-77", "1f6e-77"), ("a b", nil), ("", nil), ("x\"y", nil)])
  func `A request id is a word`(field: String, id: String?) {
    #expect(error(["x-amzn-requestid": field]).requestID == id)
  }

  @Test(arguments: [
    (["Retry-After": "7"], 7), (["x-amz-retry-after": "1500"], 2),
    (["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"], nil),
    (["Retry-After": "-1"], nil), (["Retry-After": "99999999999999999999"], nil), ([:], nil),
  ])
  func `The server's pause is in whole seconds`(fields: [String: String], seconds: Int?) {
    let response = TransportResponse(
      status: 429, fields: fields.map { (name: $0.key, value: $0.value) }, body: Secret(""))
    #expect(ServiceError(response).error.retryAfter == seconds)
  }
}
