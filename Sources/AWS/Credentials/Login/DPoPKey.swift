internal import CCrypto
internal import JSON
internal import Secrets
internal import System

/// The key that a sign-in is bound to: each renewal proves possession of it (DPoP, RFC 9449).
@safe final class DPoPKey {
  private let key: OpaquePointer

  /// A P-256 key in PEM; `nil` for anything else.
  init?(pem: Secret) {
    let key = unsafe pem.withUnsafeBytes { bytes -> OpaquePointer? in
      guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
      defer { unsafe _ = BIO_free(input) }
      // An empty passphrase, since libcrypto asks at the terminal where it is given none.
      var passphrase: CChar = 0
      return unsafe PEM_read_bio_PrivateKey(input, nil, nil, &passphrase)
    }
    guard let key = unsafe key else { return nil }
    unsafe self.key = unsafe key
    var name = [CChar](repeating: 0, count: 64)
    guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1,
      String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) == "prime256v1"
    else { return nil }
  }

  deinit {
    unsafe EVP_PKEY_free(key)
  }

  /// A proof for one POST (RFC 9449 §4.2), a JWT signed with ES256; `nil` if libcrypto fails.
  ///
  /// - Parameters:
  ///   - issuedAt: Seconds since the epoch.
  ///   - identifier: Never used twice.
  func proof(url: String, issuedAt: Int64, identifier: String) -> String? {
    guard let input = signingInput(url: url, issuedAt: issuedAt, identifier: identifier),
      let signature = signature(of: Array(input.utf8))
    else { return nil }
    return "\(input).\(Base64.url.encode(signature))"
  }

  /// Header and claims, with the members in botocore's order.
  private func signingInput(url: String, issuedAt: Int64, identifier: String) -> String? {
    guard let x = coordinate(OSSL_PKEY_PARAM_EC_PUB_X), let y = coordinate(OSSL_PKEY_PARAM_EC_PUB_Y) else {
      return nil
    }
    let header: JSONValue = [
      "typ": "dpop+jwt", "alg": "ES256",
      "jwk": [
        "kty": "EC", "x": .string(Base64.url.encode(x)), "y": .string(Base64.url.encode(y)), "crv": "P-256",
      ],
    ]
    let claims: JSONValue = [
      "htm": "POST", "htu": .string(url), "iat": .number(String(issuedAt)), "jti": .string(identifier),
    ]
    return "\(Base64.url.encode(header.text)).\(Base64.url.encode(claims.text))"
  }

  /// A coordinate of the public point, as RFC 7518 §6.2.1.2 wants it: 32 bytes, leading zeros kept.
  private func coordinate(_ name: String) -> [UInt8]? {
    var number: OpaquePointer?
    guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
    defer { unsafe BN_free(number) }
    return unsafe padded(number)
  }

  /// R and S, 32 bytes each (RFC 7518 §3.4), out of the DER that libcrypto makes.
  private func signature(of message: [UInt8]) -> [UInt8]? {
    guard let context = unsafe EVP_MD_CTX_new() else { return nil }
    defer { unsafe EVP_MD_CTX_free(context) }
    var der = [UInt8](repeating: 0, count: unsafe Int(EVP_PKEY_get_size(key)))
    var count = der.count
    guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      unsafe EVP_DigestSign(context, &der, &count, message, message.count) == 1
    else { return nil }
    let pair = unsafe der.withUnsafeBufferPointer { der -> OpaquePointer? in
      var start = der.baseAddress
      return unsafe d2i_ECDSA_SIG(nil, &start, count)
    }
    guard let pair = unsafe pair else { return nil }
    defer { unsafe ECDSA_SIG_free(pair) }
    guard let r = unsafe padded(ECDSA_SIG_get0_r(pair)), let s = unsafe padded(ECDSA_SIG_get0_s(pair)) else {
      return nil
    }
    return r + s
  }

  private func padded(_ number: OpaquePointer?) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 32)
    return unsafe BN_bn2binpad(number, &bytes, Int32(bytes.count)) == 32 ? bytes : nil
  }
}
