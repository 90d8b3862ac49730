import Testing

@testable import Valkey

struct ServerAddressTests {
  @Test(arguments: [
    ("valkeys://cache.example.com:6379", ServerAddress.Topology.single, true, 1),
    ("valkeys://[2001:db8::1]:6379/", .single, true, 1),
    ("valkey://127.0.0.1:6379", .single, false, 1), ("valkey://[::1]:6379", .single, false, 1),
    ("valkey://localhost:6379", .single, false, 1), ("unix:/run/valkey/valkey.sock", .single, false, 1),
    ("valkeys+sentinel://main@s1.example.com:26379,s2.example.com:26379", .sentinel(name: "main"), true, 2),
    ("valkey+sentinel://main@127.0.0.1:26379", .sentinel(name: "main"), false, 1),
    ("valkeys+cluster://n1.example.com:6379,n2.example.com:6379,n3.example.com:6379", .cluster, true, 3),
  ])
  func `an address says how the server is found`(
    text: String, topology: ServerAddress.Topology, isEncrypted: Bool, count: Int
  ) throws {
    let address = try ServerAddress(parsing: text)
    #expect(address.topology == topology && address.isEncrypted == isEncrypted && address.endpoints.count == count)
    #expect(address.description == text)
  }

  @Test(arguments: [
    ("", "valkeys://HOST:PORT"), ("cache:6379", "valkeys://HOST:PORT"), ("redis://127.0.0.1:6379", "write valkey://"),
    ("rediss://cache:6379", "write valkeys://"), ("http://cache:6379", "the scheme"),
    ("valkeys+ring://cache:6379", "+sentinel, +cluster"), ("valkeys+sentinel+cluster://a@b:1", "the scheme"),
    ("valkeys://cache", "HOST:PORT"), ("valkeys://cache:0", "HOST:PORT"), ("valkeys://cache:65536", "HOST:PORT"),
    ("valkeys://:6379", "HOST:PORT"), ("valkeys://a b:1", "HOST:PORT"), ("valkeys://cache:6379/0", "HOST:PORT"),
    ("valkeys://ca:che@cache:6379", "password_file"), ("valkeys://a:1,b:1", "several go with"),
    ("valkeys+sentinel://s1:26379", "NAME@HOST"), ("valkeys+sentinel://a b@s1:26379", "NAME@HOST"),
    ("valkeys+cluster://a:1,", "HOST:PORT"), ("unix:relative", "absolute path"), ("unix:/a\nb", "absolute path"),
    ("valkey://10.0.0.1:6379", "write valkeys://"), ("valkey://cache.example.com:6379", "write valkeys://"),
    ("valkey+cluster://127.0.0.1:6379,127.0.0.1.example.com:6379", "write valkeys://"),
    ("valkey://127.1:6379", "write valkeys://"), ("valkey://localhost.example.com:6379", "write valkeys://"),
  ])
  func `what is no address says what is expected`(text: String, mentioned: String) {
    let error = #expect(throws: ServerAddress.Invalid.self) { try ServerAddress(parsing: text) }
    #expect(error?.description.contains(mentioned) == true, "\(error?.description ?? "")")
  }

  @Test(
    arguments: [
      ("127.0.0.1:6381", Endpoint.tcp(host: "127.0.0.1", port: 6381)), ("::1:6381", .tcp(host: "::1", port: 6381)),
      ("[::1]:6381", .tcp(host: "::1", port: 6381)),
      ("node-1.example.com:1", .tcp(host: "node-1.example.com", port: 1)),
      (":6381", nil), ("127.0.0.1", nil), ("127.0.0.1:0", nil), ("a b:1", nil), ("a/b:1", nil),
    ] as [(String, Endpoint?)])
  func `a node is named by the server that redirects`(text: String, endpoint: Endpoint?) {
    #expect(Endpoint(ofServer: text[...]) == endpoint)
  }
}
