internal import CCrypto
package import Secrets

/// AES-256-GCM (NIST SP 800-38D): encryption that shows each change of what it encrypted, and of what goes with it.
package enum AuthenticatedEncryption {
  package static let keyByteCount = 32
  package static let nonceByteCount = 12
  package static let tagByteCount = 16

  /// Returns the ciphertext with the tag behind it.
  ///
  /// - Parameters:
  ///   - plaintext: What to encrypt.
  ///   - key: 32 bytes.
  ///   - nonce: 12 bytes, never used twice with one key.
  ///   - associatedData: What is proved with it, and must be given again to decrypt.
  package static func seal(_ plaintext: Secret, key: Secret, nonce: [UInt8], associatedData: [UInt8]) -> [UInt8] {
    precondition(key.count == keyByteCount && nonce.count == nonceByteCount)
    let context = unsafe EVP_CIPHER_CTX_new()
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var sealed = [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
    var (count, total) = (Int32(0), 0)
    var isGood = unsafe key.withUnsafeBytes { key in
      unsafe EVP_EncryptInit_ex(
        context, EVP_aes_256_gcm(), nil, key.bindMemory(to: UInt8.self).baseAddress, nonce) == 1
    }
    isGood =
      unsafe isGood
      && EVP_EncryptUpdate(context, nil, &count, associatedData, Int32(associatedData.count)) == 1
    isGood =
      unsafe isGood
      && plaintext.withUnsafeBytes { plaintext in
        unsafe EVP_EncryptUpdate(
          context, &sealed, &count, plaintext.bindMemory(to: UInt8.self).baseAddress, Int32(plaintext.count)) == 1
      }
    total = Int(count)
    var rest = [UInt8](repeating: 0, count: tagByteCount)
    isGood = unsafe isGood && EVP_EncryptFinal_ex(context, &rest, &count) == 1
    var tag = [UInt8](repeating: 0, count: tagByteCount)
    isGood =
      unsafe isGood
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, Int32(tagByteCount), &tag) == 1
    // It fails for want of memory only; what is not encrypted must not go out.
    guard isGood, total == plaintext.count else { fatalError("fedbroker: libcrypto cannot encrypt") }
    sealed.replaceSubrange(total..., with: tag)
    return sealed
  }

  /// Returns what was encrypted; `nil` if key, nonce, associated data or ciphertext are others, or a bit of them.
  package static func open(_ sealed: Secret, key: Secret, nonce: [UInt8], associatedData: [UInt8]) -> Secret? {
    guard key.count == keyByteCount, nonce.count == nonceByteCount, sealed.count >= tagByteCount else { return nil }
    let context = unsafe EVP_CIPHER_CTX_new()
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    let length = sealed.count - tagByteCount
    var isGood = unsafe key.withUnsafeBytes { key in
      unsafe EVP_DecryptInit_ex(
        context, EVP_aes_256_gcm(), nil, key.bindMemory(to: UInt8.self).baseAddress, nonce) == 1
    }
    var count = Int32(0)
    isGood =
      unsafe isGood
      && EVP_DecryptUpdate(context, nil, &count, associatedData, Int32(associatedData.count)) == 1
    let plaintext = Secret(capacity: length + tagByteCount) { builder in
      unsafe builder.append(capacity: length + tagByteCount) { room in
        unsafe sealed.withUnsafeBytes { sealed in
          let output = unsafe room.bindMemory(to: UInt8.self).baseAddress
          let input = unsafe sealed.bindMemory(to: UInt8.self)
          isGood = unsafe isGood && EVP_DecryptUpdate(context, output, &count, input.baseAddress, Int32(length)) == 1
          var tag = unsafe Array(input.suffix(tagByteCount))
          isGood =
            unsafe isGood
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, Int32(tagByteCount), &tag) == 1
          isGood = unsafe isGood && EVP_DecryptFinal_ex(context, output.map { unsafe $0 + Int(count) }, &count) == 1
        }
        return length
      }
    }
    return isGood ? plaintext : nil
  }
}
