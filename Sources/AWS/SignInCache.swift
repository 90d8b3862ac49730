internal import JSON
internal import Secrets
internal import Synchronization

/// The files in which the AWS CLI keeps who has signed in: read and renewed by us, by it and by every SDK.
///
/// Safe to use from any thread.
package final class SignInCache: Sendable {
  /// What a file held.
  struct Entry: Sendable {
    let json: SecretJSON
    let stamp: FileStamp
  }

  private let renewed = Mutex<[String: FileStamp]>([:])

  package init() {}

  /// Whether the file is as this process left it when it renewed the token in it: the same person is still signed in.
  package func isOwnRenewal(_ path: String) -> Bool {
    guard let stamp = renewed.withLock({ $0[path] }) else { return false }
    return FileStamp(of: path) == stamp
  }

  /// The JSON object in the file; `nil` where there is no file.
  ///
  /// Throws where it cannot be read, or holds something else.
  func read(_ path: String) throws(CredentialError) -> Entry? {
    let contents: FileContents
    do {
      guard FileStamp(of: path) != nil else { return nil }
      contents = try FileContents(path: path)
    } catch {
      throw CredentialError("\(path) cannot be read: \(error.reason)")
    }
    guard let json = try? SecretJSON(parsing: contents.bytes), json.isObject else {
      throw CredentialError("\(path) is not a JSON object")
    }
    return Entry(json: json, stamp: contents.stamp)
  }

  /// Keeps a renewed token, so that `aws` goes on with it.
  ///
  /// Throws where the file is not the one that was renewed any more: someone else has signed in, or the person out, and
  /// the former token must not come back.
  func write(_ text: Secret, to path: String, over stamp: FileStamp) throws(CredentialError) {
    guard FileStamp(of: path) == stamp else {
      throw CredentialError("\(path) changed while the token in it was renewed")
    }
    do {
      let stamp = try FileContents.replace(path, with: text)
      renewed.withLock { $0[path] = stamp }
    } catch {
      throw CredentialError("the renewed token cannot be written to \(path): \(error.reason)")
    }
  }
}
