// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// Modules that hand memory to C or to the kernel spell out each unsafe step.
let strictNearC = strict + [.strictMemorySafety()]

/// Modules whose generic code is compiled again for the types of the modules above.
///
/// A hit of the cache costs 500 instructions so, and 8,000 otherwise. Only what is `public` takes part.
let acrossModules: [SwiftSetting] = [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

/// How the program is linked for a release.
///
/// All relocations are done at the start and are read-only from then on (`-z now`). Nothing loads the program for its
/// symbols, which Swift exports otherwise: 0.6 MB less. Equal functions are one where nobody compares their addresses:
/// 0.2 MB less.
let forRelease = ["--no-export-dynamic", "-z", "now", "--icf=safe"].flatMap { ["-Xlinker", $0] }

let package = Package(
  name: "fedbroker",
  products: [
    .executable(name: "fedbroker", targets: ["fedbroker"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CCurl"),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(name: "Timestamps", swiftSettings: strict),
    .target(name: "Secrets", dependencies: ["CCrypto"], swiftSettings: strictNearC),
    .target(name: "System", dependencies: ["CCrypto", "CLinux", "Secrets"], swiftSettings: strictNearC),
    .target(name: "Clocks", dependencies: ["CLinux", "System"], swiftSettings: strictNearC + acrossModules),
    .target(name: "JSON", dependencies: ["Secrets"], swiftSettings: strict),
    .target(name: "JMESPath", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "AWSOutput", dependencies: ["JSON"], swiftSettings: strictNearC),
    .target(
      name: "AWSCommandLine", dependencies: ["AWSOutput", "JMESPath", "JSON", "System"], swiftSettings: strict),
    .target(
      name: "Telemetry",
      dependencies: [
        "Clocks", "CLinux", "JSON", "Secrets", "System", "Timestamps", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strictNearC),
    .target(
      name: "LocalHTTP",
      dependencies: [
        "Timestamps", "Clocks", "CLinux", "CZlib", "Secrets", "System",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strictNearC),
    .target(name: "DBus", dependencies: ["CLinux", "Clocks", "System"], swiftSettings: strictNearC),
    .target(
      name: "Outbound",
      dependencies: ["CCurl", "Clocks", "Secrets", "System"],
      swiftSettings: strictNearC),
    .target(
      name: "Valkey", dependencies: ["Clocks", "Outbound", "Secrets", "System"], swiftSettings: strictNearC),
    .target(
      name: "RefreshingCache", dependencies: ["Clocks", "System"], swiftSettings: strict + acrossModules),
    .target(
      name: "AWS",
      dependencies: [
        "CCrypto", "Clocks", "JSON", "Outbound", "RefreshingCache", "Secrets", "System", "Timestamps",
      ],
      swiftSettings: strictNearC),
    .target(
      name: "FederationBroker",
      dependencies: ["AWS", "Clocks", "Outbound", "RefreshingCache", "Secrets", "System", "Timestamps", "Valkey"],
      swiftSettings: strictNearC),
    .target(
      name: "ConnectEmulator",
      dependencies: ["Timestamps", "AWS", "Clocks", "JSON", "LocalHTTP", "Secrets", "System"],
      swiftSettings: strict),
    .target(
      name: "Configuration",
      dependencies: [
        "AWS", "Clocks", "LocalHTTP", "Secrets", "System", "TOMLKit", "Valkey",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Client",
      dependencies: [
        "AWS", "AWSCommandLine", "AWSOutput", "CLinux", "Clocks", "Configuration", "JMESPath", "JSON", "LocalHTTP",
        "Outbound", "Secrets", "System",
      ],
      swiftSettings: strict),
    .target(
      name: "LocalAPI",
      dependencies: [
        "AWS", "Clocks", "Configuration", "JSON", "LocalHTTP", "Outbound", "Secrets", "System", "Telemetry",
        "FederationBroker", "RefreshingCache", "Timestamps",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Daemon",
      dependencies: [
        "AWS", "CLinux", "Client", "Clocks", "Configuration", "ConnectEmulator", "DBus", "LocalAPI", "LocalHTTP",
        "Outbound", "Secrets",
        "FederationBroker", "RefreshingCache", "System", "Telemetry", "Valkey",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "fedbroker",
      dependencies: [
        "AWSOutput", "Client", "Configuration", "Daemon", "FederationBroker", "System",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      linkerSettings: [.unsafeFlags(forRelease, .when(configuration: .release))]),

    .target(
      name: "TestSupport",
      dependencies: [
        "AWS", "CLinux", "Clocks", "FederationBroker", "JSON", "LocalHTTP", "Outbound", "Secrets", "System",
      ],
      path: "Tests/Support",
      swiftSettings: strict),
    // What the fuzzer runs, and the suite with the fuzzer's corpora.
    .target(
      name: "FuzzedParsers",
      dependencies: [
        "AWS", "Configuration", "Daemon", "LocalHTTP", "Outbound", "Secrets", "System", "Timestamps", "Valkey",
      ],
      path: "Tests/Fuzz/Parsers"),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzedParsers", "Secrets", "System", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "TimestampsTests", dependencies: ["JSON", "TestSupport", "Timestamps"], swiftSettings: strict),
    .testTarget(
      name: "SecretsTests",
      dependencies: ["Secrets", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "SystemTests", dependencies: ["Secrets", "System", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ClocksTests", dependencies: ["Clocks", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "JSONTests",
      dependencies: ["JSON", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "JMESPathTests",
      dependencies: ["JMESPath", "JSON", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AWSOutputTests",
      dependencies: ["AWSOutput", "JMESPath", "JSON", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AWSCommandLineTests",
      dependencies: ["AWSCommandLine", "AWSOutput", "JMESPath", "JSON", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Timestamps", "Telemetry", "TestSupport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(
      name: "LocalHTTPTests",
      dependencies: [
        "Timestamps", "Clocks", "LocalHTTP", "Secrets", "System", "TestSupport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DBusTests", dependencies: ["CLinux", "DBus", "System", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "OutboundTests",
      dependencies: ["JSON", "Outbound", "Secrets", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ValkeyTests", dependencies: ["Clocks", "Outbound", "Secrets", "System", "TestSupport", "Valkey"],
      swiftSettings: strict),
    .testTarget(
      name: "RefreshingCacheTests", dependencies: ["Clocks", "RefreshingCache", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "FederationBrokerTests",
      dependencies: [
        "AWS", "Clocks", "FederationBroker", "Outbound", "RefreshingCache", "Secrets", "System", "TestSupport",
        "Timestamps", "Valkey",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AWSTests",
      dependencies: [
        "AWS", "CCrypto", "Clocks", "JSON", "Outbound", "RefreshingCache", "Secrets", "System", "TestSupport",
        "Timestamps",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ConnectEmulatorTests",
      dependencies: [
        "AWS", "ConnectEmulator", "JSON", "LocalHTTP", "Outbound", "Secrets", "System", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "LocalHTTP", "Secrets", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ClientTests",
      dependencies: ["Client", "Configuration", "JSON", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "LocalAPITests",
      dependencies: [
        "AWS", "Clocks", "Configuration", "JSON", "LocalAPI", "LocalHTTP", "Outbound", "Secrets", "System", "Telemetry",
        "FederationBroker", "RefreshingCache", "TestSupport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "AWS", "Clocks", "Configuration", "DBus", "Daemon", "FederationBroker", "LocalAPI", "System", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "AWS", "JSON", "LocalHTTP", "Outbound", "Secrets", "TestSupport", "fedbroker",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer is built by Tests/Fuzz/fuzz only: everything in it is compiled with libFuzzer's instruments.
if Context.environment["FEDBROKER_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "Fuzz", dependencies: ["CFuzzer", "FuzzedParsers"], path: "Tests/Fuzz/Harness"),
  ]
}

// The plugin that makes the guides is fetched by `make docs` only.
if Context.environment["FEDBROKER_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

// Tests/Mutations/run builds the explorations again and again, and no other test.
if Context.environment["FEDBROKER_MUTATIONS"] != nil {
  let exploring = ["LocalAPITests", "LocalHTTPTests", "RefreshingCacheTests"]
  package.targets.removeAll { $0.type == .test && !exploring.contains($0.name) }
}
