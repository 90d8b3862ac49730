internal import CLinux
package import Synchronization
internal import System

/// The program at the other end of a connection, as the kernel knows it.
package final class Client: Sendable {
  /// How the client is connected, and which user it is where the kernel tells.
  package enum Transport: Sendable, Equatable {
    case tcp
    /// The peer's user and all of its groups, as of `connect` (`SO_PEERCRED`, `SO_PEERGROUPS`).
    case unix(uid: UInt32, gids: [UInt32])
  }

  private enum Owner: Sendable {
    case notAsked(Socket)
    case known(UInt32?)
  }

  /// How the client is connected.
  package let transport: Transport
  /// The other end of TCP; `nil` for a unix socket.
  let peer: TCPEndpoint?
  /// The process that connected to a unix socket; `nil` where the kernel does not say, as of TCP.
  ///
  /// It may have ended since, and its number may be another's now: good for a record, never for a decision.
  package let pid: Int32?
  private let owner: Mutex<Owner>
  /// What the handler keeps about the connection's client for as long as the connection lasts.
  package let notes = Mutex<(any AnyObject & Sendable)?>(nil)

  /// Makes a client without a connection, for tests.
  package init(transport: Transport, pid: Int32? = nil, tcpUID: UInt32? = nil) {
    self.transport = transport
    peer = transport == .tcp ? TCPEndpoint(address: [127, 0, 0, 1], port: 50_000) : nil
    self.pid = pid
    owner = Mutex(.known(tcpUID))
  }

  /// Asks the kernel about the other end of an accepted connection, whose address is known.
  init(of socket: Socket, at address: SocketAddress) throws(SystemError) {
    peer = address.endpoint
    if peer == nil {
      let credentials = try socket.peerCredentials()
      transport = .unix(uid: credentials.uid, gids: try [credentials.gid] + socket.peerGroups())
      // 0 stands for a process of another pid namespace.
      pid = credentials.pid > 0 ? credentials.pid : nil
      owner = Mutex(.known(nil))
    } else {
      transport = .tcp
      pid = nil
      owner = Mutex(.notAsked(socket))
    }
  }

  /// For logs: `127.0.0.1:51234`, `[::1]:51234` or `unix`.
  package var address: String { peer?.description ?? "unix" }

  /// Ends the asking: the connection closes, and its descriptor may become another's.
  func disconnected() {
    owner.withLock { owner in
      if case .notAsked = owner { owner = .known(nil) }
    }
  }

  /// The user at the other end; `nil` where the kernel does not say, or knows it from another user namespace only.
  ///
  /// Of TCP the kernel is asked at the first use, once a connection, which costs some ten system calls: for those who need
  /// it. Ask first on the thread of the connection, while that is open: later the answer is `nil`.
  package var uid: UInt32? {
    switch transport {
    case .unix(let uid, _): uid == UserID.overflow ? nil : uid
    case .tcp:
      owner.withLock { owner in
        if case .known(let uid) = owner { return uid }
        guard case .notAsked(let socket) = owner else { return nil }
        let uid = socket.remoteOwner()
        owner = .known(uid)
        return uid
      }
    }
  }
}
