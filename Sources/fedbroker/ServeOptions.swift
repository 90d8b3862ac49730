internal import ArgumentParser
internal import Configuration

/// The flags of `fedbroker serve`: `--config`, and one for each key that declares a flag.
///
/// Their values stay text here: the configuration checks them together with the environment and the file, and knows the
/// defaults. ArgumentParser finds options by reflection and decodes them by name, so that those of the keys need no
/// property each.
struct ServeOptions: ParsableArguments, CustomReflectable {
  private(set) var overrides = FlagOverrides()

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    overrides.config = try values.decode(Option<String?>.self, forKey: Self.config).wrappedValue
    for key in Configuration.keys {
      let name = Name(stringValue: key.name)
      switch key.flag {
      case .presence: overrides.set(key.name, to: try values.decode(Flag<Bool>.self, forKey: name).wrappedValue)
      case .text: overrides.set(key.name, to: try values.decode(Option<String?>.self, forKey: name).wrappedValue)
      case .list: overrides.set(key.name, to: try values.decode(Option<[String]>.self, forKey: name).wrappedValue)
      case nil: break
      }
    }
  }

  var customMirror: Mirror {
    let config = Option<String?>(
      help: .init("The configuration file, in place of \(ConfigurationLoader.defaultFile).", valueName: "file"),
      completion: .file(extensions: ["toml"]))
    let options = Configuration.keys.compactMap { key in Self.option(of: key).map { (label: key.name, value: $0) } }
    return Mirror(self, children: [(label: Self.config.stringValue, value: config)] + options)
  }

  private static func option(of key: Setting) -> Any? {
    let name = NameSpecification.customLong(key.name.replacing("_", with: "-"))
    let documentation = "\(key.documentation)"
    return switch key.flag {
    case .presence: Flag<Bool>(wrappedValue: false, name: name, help: .init(stringLiteral: documentation))
    case .text(let value):
      Option<String?>(
        name: name, help: .init(documentation, valueName: value), completion: completion(of: key))
    case .list(let value):
      Option<[String]>(wrappedValue: [], name: name, help: .init(documentation, valueName: value))
    case nil: nil
    }
  }

  private static func completion(of key: Setting) -> CompletionKind {
    switch key.values {
    case .any: .default
    case .files: .file()
    case .choices(let choices): .list(choices)
    }
  }

  private static let config = Name(stringValue: "config")

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
      self.stringValue = stringValue
    }

    init?(intValue: Int) { nil }
  }
}
