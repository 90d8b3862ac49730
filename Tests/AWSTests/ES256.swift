import CCrypto

/// Verifies what ES256 signed (RFC 7518 §3.4), with the public half of a PEM key.
enum ES256 {
  static func verify(_ token: String, pem: String) -> Bool {
    let parts = token.split(separator: ".")
    guard parts.count == 3, let signature = base64URL(parts[2]), signature.count == 64 else { return false }
    let key = Array(pem.utf8).withUnsafeBytes { bytes in
      // Reads from these very bytes, which therefore have to be there as long as it is.
      let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
      defer { BIO_free(input) }
      return PEM_read_bio_PrivateKey(input, nil, nil, nil)
    }
    guard let key, let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_PKEY_free(key) }
    defer { EVP_MD_CTX_free(context) }
    let message = Array("\(parts[0]).\(parts[1])".utf8)
    let der = der(signature)
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
      && EVP_DigestVerify(context, der, der.count, message, message.count) == 1
  }

  /// A SEQUENCE of two INTEGERs (X.690), which have a zero in front where the first bit is set, and no other.
  private static func der(_ signature: [UInt8]) -> [UInt8] {
    let numbers = [signature[..<32], signature[32...]].flatMap { number -> [UInt8] in
      let digits = Array(number.drop { $0 == 0 })
      let value = (digits.first ?? 0x80) & 0x80 == 0 ? digits : [0] + digits
      return [0x02, UInt8(value.count)] + value
    }
    return [0x30, UInt8(numbers.count)] + numbers
  }

  private static func base64URL(_ text: Substring) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var bytes: [UInt8] = []
    var (bits, count) = (0, 0)
    for character in text {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      (bits, count) = (bits << 6 | value, count + 6)
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(bits >> count & 0xFF))
      }
    }
    return bytes
  }
}
