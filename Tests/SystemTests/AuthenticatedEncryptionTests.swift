import Secrets
import System
import Testing

struct AuthenticatedEncryptionTests {
  private static func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8.filter { $0 != 0x20 })
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
    }
  }

  /// Test cases 13, 14 and 16 of “The Galois/Counter Mode of Operation” (McGrew, Viega).
  private static let cases = [
    ("00000000000000000000000000000000", "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
      "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
      "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"
    ),
    (
      "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
        + "ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
        + "bcc9f662", "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
  ]

  @Test(arguments: cases)
  func `the published vectors come out, and back`(
    halfKey: String, nonce: String, associated: String, plain: String, cipher: String, tag: String
  ) {
    let key = Secret(Self.bytes(halfKey + halfKey))
    let sealed = AuthenticatedEncryption.seal(
      Secret(Self.bytes(plain)), key: key, nonce: Self.bytes(nonce), associatedData: Self.bytes(associated))
    #expect(sealed == Self.bytes(cipher + tag))
    let opened = AuthenticatedEncryption.open(
      Secret(sealed), key: key, nonce: Self.bytes(nonce), associatedData: Self.bytes(associated))
    #expect(opened == Secret(Self.bytes(plain)))
  }

  @Test func `each bit counts`() {
    let key = RandomBytes.secret(count: 32)
    let (nonce, associated) = ([UInt8](repeating: 7, count: 12), Array("who".utf8))
    let sealed = AuthenticatedEncryption.seal(Secret("token"), key: key, nonce: nonce, associatedData: associated)
    func open(_ sealed: [UInt8], _ nonce: [UInt8], _ associated: [UInt8]) -> Secret? {
      AuthenticatedEncryption.open(Secret(sealed), key: key, nonce: nonce, associatedData: associated)
    }
    #expect(open(sealed, nonce, associated) == Secret("token"))
    for bit in 0..<sealed.count * 8 {
      var changed = sealed
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(open(changed, nonce, associated) == nil)
    }
    for count in 0..<sealed.count { #expect(open(Array(sealed.prefix(count)), nonce, associated) == nil) }
    #expect(open(sealed, [UInt8](repeating: 8, count: 12), associated) == nil)
    #expect(open(sealed, nonce, Array("wha".utf8)) == nil)
    #expect(open(sealed, nonce, []) == nil)
    #expect(
      AuthenticatedEncryption.open(
        Secret(sealed), key: RandomBytes.secret(count: 32), nonce: nonce, associatedData: associated) == nil)
  }

  @Test func `a derived key is that of RFC 5869`() {
    // Appendix A.3: no salt; with an empty info the first 32 bytes of 42.
    let key = Secret([UInt8](repeating: 0x0b, count: 22))
    #expect(
      Digest.derivedKey(of: key, purpose: "")
        == Secret(Self.bytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")))
    #expect(Digest.derivedKey(of: key, purpose: "enc") != Digest.derivedKey(of: key, purpose: "name"))
  }
}
