import Secrets
import System
import Testing

/// RFC 4648 §10, and the alphabet's last two letters.
@Test(arguments: [
  ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
  ("foobar", "Zm9vYmFy"), ("??>", "Pz8-"), ("???", "Pz8_"),
])
func `Base64 for addresses has no padding`(text: String, encoded: String) {
  #expect(Base64.url.encode(Array(text.utf8)) == encoded)
}

@Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("??>", "Pz8+"), ("???", "Pz8/")])
func `Base64 in its first alphabet is padded`(text: String, encoded: String) {
  #expect(Base64.standard.encode(Array(text.utf8)) == encoded)
}

@Test func `A secret is encoded as its bytes are`() {
  #expect(Base64.url.encode(Secret("foob")).exposed == "Zm9vYg")
  #expect(Base64.url.encode(RandomBytes.secret(count: 32)).count == 43)
}

/// FIPS 180-4's example, and the digest of nothing.
@Test func `Digests are those of the standard`() {
  let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  #expect(Digest.hexadecimal(of: "abc") == abc)
  #expect(Digest.hexadecimal(of: Secret("abc")) == abc)
  #expect(Digest.hexadecimal(of: "") == Digest.ofNothing)
  #expect(Digest.sha1Hexadecimal(of: "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
}

@Test func `A random UUID has version 4 and the variant of RFC 9562`() {
  let ids = (0..<100).map { _ in RandomBytes.uuid() }
  #expect(Set(ids).count == 100)
  for id in ids {
    let characters = Array(id)
    #expect(characters.count == 36 && characters[14] == "4" && "89ab".contains(characters[19]))
    #expect(id.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
  }
}

@Test func `The classes of ASCII are those of the standards, for each byte`() {
  for byte in UInt8.min...UInt8.max {
    let character = Character(Unicode.Scalar(byte))
    #expect(byte.isASCIIDigit == "0123456789".contains(character))
    #expect(byte.isASCIILetter == (character.isASCII && character.isLetter))
    #expect(byte.hexadecimalValue.map(Int.init) == (character.isASCII ? character.hexDigitValue : nil))
    let isAlphanumeric = character.isASCII && (character.isLetter || character.isNumber)
    #expect(byte.isASCIIAlphanumeric == isAlphanumeric)
    #expect(byte.isUnreserved == (isAlphanumeric || "-._~".contains(character)))
    #expect(byte.isTokenCharacter == (isAlphanumeric || "!#$%&'*+-.^_`|~".contains(character)))
  }
}
