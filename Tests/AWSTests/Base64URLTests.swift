import Testing

@testable import AWS

/// RFC 4648 §10, and the alphabet's last two letters.
@Test(arguments: [
  ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
  ("foobar", "Zm9vYmFy"), ("??>", "Pz8-"), ("???", "Pz8_"),
])
func `Base64 for addresses has no padding`(text: String, encoded: String) {
  #expect(Base64URL.encode(Array(text.utf8)) == encoded)
}
