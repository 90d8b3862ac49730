import Testing

@testable import Configuration

@Suite("The effective configuration")
struct EffectiveConfigurationTests {
  @Test func `is printed as TOML, with where each value came from`() throws {
    var flags = FlagOverrides()
    flags.set("region", to: "eu-west-2")
    flags.set("instance_id", to: ["warm-one"])
    let loaded = try load(
      #"""
      profile = "a\"\\\u00E9"
      request_timeout = "120s"
      cache.max_entries = 0x10

      [instances.sales]
      id = "11111111-2222-3333-4444-555555555555"
      warm = true
      """#,
      flags: flags, environment: ["RUNTIME_DIRECTORY": "/run/fedbroker", "FEDBROKER_LOG_LEVEL": "debug"])
    #expect(
      loaded.description == #"""
        listen = ["127.0.0.1:2776", "[::1]:2776", "unix:/run/fedbroker/fedbroker.sock"]  # default
        admin_listen = []  # default
        instance_id = ["warm-one"]  # flag --instance-id
        token_file = "/run/fedbroker/token"  # default
        region = "eu-west-2"  # flag --region
        profile = "a\"\\é"  # file FILE
        # endpoint_url is not set
        # ca_bundle is not set
        no_verify_ssl = false  # default
        no_sign_request = false  # default
        cli_connect_timeout = 60  # default
        cli_read_timeout = 60  # default
        log_level = "debug"  # environment FEDBROKER_LOG_LEVEL
        log_format = "text"  # default
        emulate = false  # default
        allow_non_loopback = false  # default
        allow_quit = false  # default
        # token_group is not set
        socket_users = []  # default
        socket_groups = []  # default
        allowed_hosts = []  # default
        allowed_origins = []  # default
        request_timeout = "2m"  # file FILE
        sandbox = true  # default

        [cache]
        refresh_before = "5m"  # default
        idle_after = "1h"  # default
        max_entries = 16  # file FILE

        [upstream]
        rate = 2.0  # default
        burst = 5  # default
        fleet = 0  # default

        [fleet]
        # store is not set
        share = "quota"  # default
        name = "fedbroker"  # default
        # account is not set
        # user is not set
        # password_file is not set
        # key_file is not set
        # ca_bundle is not set
        timeout = "250ms"  # default

        [limits]
        max_connections = 1024  # default
        max_admin_connections = 64  # default
        # max_connections_per_user is not set
        max_target_bytes = 8192  # default
        max_header_bytes = 32768  # default
        max_header_fields = 100  # default
        max_body_bytes = 65536  # default
        header_timeout = "10s"  # default
        admission_timeout = "5s"  # default
        idle_timeout = "1m"  # default
        max_requests_per_connection = 10000  # default
        shutdown_timeout = "10s"  # default

        [audit]
        # file is not set
        required = false  # default

        [desktop]
        # browser is not set
        # on_lock is not set

        [instances.sales]
        id = "11111111-2222-3333-4444-555555555555"  # file FILE
        # region is not set
        # profile is not set
        # endpoint_url is not set
        # role_arn is not set
        # role_session_name is not set
        # external_id is not set
        session_names = []  # default
        warm = true  # file FILE
        login_origins = []  # default
        # browser is not set
        """#)
  }

  @Test func `loads again as the same configuration`() throws {
    let environment = ["RUNTIME_DIRECTORY": "/run/fedbroker"]
    let first = try load(
      #"""
      instance_id = ["arn:aws:connect:us-east-1:123456789012:instance/a\"b\\c"]
      allowed_origins = ["https://desk.example.com"]
      endpoint_url = "https://[::1]:8443/x"
      upstream.rate = 0.1
      limits.idle_timeout = "1500ms"
      instances.b = { id = "i", profile = "p", region = "us-west-2" }
      instances.c = { id = "j", role_arn = "arn:aws:iam::1:role/r", session_names = ["*@x.org", "{peer}"] }
      """#, environment: environment)
    let second = try load(first.description, environment: environment)
    #expect(second.configuration == first.configuration)
  }
}
