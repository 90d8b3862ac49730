internal import JSON
internal import Secrets
internal import Synchronization
internal import System

/// The AWS CLI's files of sign-ins, which fedbroker, the AWS CLI and every SDK read and renew.
///
/// Safe to use from any thread.
package final class SignInCache: Sendable {
  /// What a file held.
  struct Entry: Sendable {
    let json: SecretJSON
    let stamp: FileStamp
    /// Names the sign-in: a renewal by this process keeps it, and any other change of the file gives it another, since
    /// it may be another person's.
    let lineage: String
  }

  /// The last known state of a file, and how often someone else changed it.
  private struct Sighting: Sendable {
    var stamp: FileStamp
    var signIn = 0
    /// Whether this process wrote it.
    var isOwn = false
  }

  private let sightings = Mutex<[String: Sighting]>([:])

  package init() {}

  /// Whether the file is as this process left it when it renewed the token in it: the same person is still signed in.
  package func isOwnRenewal(_ path: String) -> Bool {
    guard let sighting = sightings.withLock({ $0[path] }), sighting.isOwn else { return false }
    return FileStamp(of: path) == sighting.stamp
  }

  /// The JSON object in the file; `nil` if there is no file.
  ///
  /// Throws if it cannot be read, or holds something else.
  func read(_ path: String) throws(AWSError) -> Entry? {
    guard FileStamp(of: path) != nil else { return nil }
    let contents: FileContents
    do { contents = try FileContents(path: path) } catch { throw AWSError(.noCredentials, error.description) }
    guard let stamp = contents.stamp, let json = try? SecretJSON(parsing: contents.bytes), json.isObject else {
      throw AWSError(.noCredentials, "\(path) is not a JSON object")
    }
    return Entry(json: json, stamp: stamp, lineage: "\(path)#\(signIn(path, stamp))")
  }

  /// Keeps a renewed token, so that `aws` goes on with it.
  ///
  /// Throws if the file is not the one that was renewed any more: someone else has signed in, or the person out, and
  /// the former token must not come back.
  func write(_ text: Secret, to path: String, over former: FileStamp) throws(AWSError) {
    guard FileStamp(of: path) == former else {
      throw AWSError(.noCredentials, "\(path) changed while the token in it was renewed")
    }
    do {
      let stamp = try PrivateFile.replace(path, with: text)
      sightings.withLock { sightings in
        // Where another reader saw a newer file meanwhile, the name belongs to that one.
        guard let sighting = sightings[path], sighting.stamp == former else { return }
        sightings[path] = Sighting(stamp: stamp, signIn: sighting.signIn, isOwn: true)
      }
    } catch {
      throw AWSError(.noCredentials, "the renewed token cannot be written to \(path): \(error.reason)")
    }
  }

  private func signIn(_ path: String, _ stamp: FileStamp) -> Int {
    sightings.withLock { sightings in
      var sighting = sightings[path] ?? Sighting(stamp: stamp)
      if sighting.stamp != stamp { sighting = Sighting(stamp: stamp, signIn: sighting.signIn + 1) }
      sightings[path] = sighting
      return sighting.signIn
    }
  }
}
