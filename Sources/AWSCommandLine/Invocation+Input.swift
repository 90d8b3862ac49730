package import JSON

extension Invocation {
  /// The reason why a file that a value names cannot be read.
  package struct FileError: Error, Sendable {
    package let message: String

    package init(_ message: String) {
      self.message = message
    }
  }

  /// Reads the file at a path, which may begin with `~` and contain variables.
  package typealias FileReader = (_ path: String) throws(FileError) -> [UInt8]

  /// Returns the operation's parameters on the command line, of any name and type.
  ///
  /// Values that begin with `file://` are read from that file. `validate` is called between the two sources, at the point
  /// where the AWS CLI reads its configuration.
  package func parameters(
    read: FileReader, checkConfiguration: () throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> JSONObject {
    var parameters = JSONObject()
    if let instanceID {
      parameters["InstanceId"] = .string(try Self.contents(of: instanceID, option: "--instance-id", read))
    }
    let json = try inputJSON.map { (text) throws(CommandFailure) in
      try Self.contents(of: text, option: "--cli-input-json", read)
    }
    try checkConfiguration()
    if let json {
      for member in try Self.members(of: json) where parameters[member.name] == nil {
        parameters[member.name] = member.value
      }
    }
    return parameters
  }

  /// Returns the instance id of valid parameters.
  package static func instanceID(in parameters: JSONObject) throws(CommandFailure) -> String {
    var complaints: [String] = []
    let value = parameters["InstanceId"]
    if value == nil { complaints.append(#"Missing required parameter in input: "InstanceId""#) }
    for member in parameters.members where member.name != "InstanceId" {
      complaints.append("Unknown parameter in input: \"\(member.name)\", must be one of: InstanceId")
    }
    switch value {
    case nil: break
    case .string(""): complaints.append("Invalid length for parameter InstanceId, value: 0, valid min length: 1")
    case .string(let id) where complaints.isEmpty: return id
    case .string: break
    case let other?:
      complaints.append(
        "Invalid type for parameter InstanceId, value: \(other.pythonRepresentation), type: "
          + "<class '\(other.pythonTypeName)'>, valid types: <class 'str'>")
    }
    throw .exception("Parameter validation failed:\n\(complaints.joined(separator: "\n"))")
  }

  /// Returns a value, or the content of the file that it names.
  private static func contents(
    of value: String, option: String, _ read: FileReader
  ) throws(CommandFailure) -> String {
    // The AWS CLI fetches these. We do not: an address on a command line must not cause a network call.
    guard !value.hasPrefix("http://"), !value.hasPrefix("https://") else {
      throw .parameter(option, "Unable to retrieve \(value): values are not fetched from addresses")
    }
    guard let scheme = ["file://", "fileb://"].first(where: value.hasPrefix) else { return value }
    let bytes: [UInt8]
    do { bytes = try read(String(value.dropFirst(scheme.count))) } catch {
      throw .parameter(option, "Unable to load paramfile \(value): \(error.message)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .parameter(option, "Unable to load paramfile (\(value)), text contents could not be decoded.")
    }
    // Python reads text with universal newlines: CR and CRLF become LF.
    return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }

  private static func members(of json: String) throws(CommandFailure) -> [JSONObject.Member] {
    let value: JSONValue
    do { value = try JSONValue(parsing: json) } catch {
      throw .parameter("cli-input-json", "Invalid JSON: \(position(error, in: json))\nJSON received: \(json)")
    }
    guard case .object(let object) = value else {
      throw .exception("'\(value.pythonTypeName)' object has no attribute 'keys'")
    }
    return object.members
  }

  /// Returns the position of an error in JSON, in the form of Python's messages.
  private static func position(_ error: JSONError, in json: String) -> String {
    let before = String(decoding: json.utf8.prefix(error.offset), as: UTF8.self)
    let line = before.unicodeScalars.count { $0 == "\n" } + 1
    let column = before.unicodeScalars.reversed().prefix { $0 != "\n" }.count + 1
    return "\(error.reason): line \(line) column \(column) (char \(before.unicodeScalars.count))"
  }
}
