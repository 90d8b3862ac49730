internal import System

/// What `Accept-Encoding` says about gzip (RFC 9110 §12.5.3).
struct AcceptEncoding {
  /// Weights in thousandths; `nil` where the field does not name the coding.
  private var gzip: Int?
  private var identity: Int?
  private var any: Int?

  /// Whether gzip is acceptable and not less welcome than no coding at all.
  var prefersGzip: Bool {
    guard let weight = gzip ?? any, weight > 0 else { return false }
    return weight >= identity ?? 0
  }

  /// Reads one field value.
  ///
  /// An element whose weight is not one counts as refused. Returns `false` where there are more elements than `left`.
  mutating func read(_ bytes: Span<UInt8>, _ value: Range<Int>, from left: inout Int) -> Bool {
    bytes.forEachListElement(in: value, from: &left) { element in
      let end = bytes.firstIndex(of: UInt8(ascii: ";"), in: element) ?? element.upperBound
      let coding = bytes.extracting(bytes.trimming(element.lowerBound..<end))
      let weight = end == element.upperBound ? 1000 : Self.weight(bytes, (end + 1)..<element.upperBound) ?? 0
      if coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip") {
        gzip = weight
      } else if coding.equalsIgnoringCase("identity") {
        identity = weight
      } else if coding.equalsIgnoringCase("*") {
        any = weight
      }
    }
  }

  /// The value of `q=0.5`, in thousandths (RFC 9110 §12.4.2).
  private static func weight(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    let text = bytes.extracting(bytes.trimming(range))
    guard 3...7 ~= text.count, text[0].lowercased == UInt8(ascii: "q"), text[1] == UInt8(ascii: "="),
      text[2] == UInt8(ascii: "0") || text[2] == UInt8(ascii: "1"),
      text.count == 3 || text[3] == UInt8(ascii: ".")
    else { return nil }
    var weight = Int(text[2] - UInt8(ascii: "0")) * 1000
    var place = 100
    var index = 4
    while index < text.count {
      guard text[index].isASCIIDigit else { return nil }
      weight += Int(text[index] - UInt8(ascii: "0")) * place
      place /= 10
      index += 1
    }
    return weight <= 1000 ? weight : nil
  }
}
