internal import JSON

/// `[start:stop:step]`, with the meaning it has in Python.
struct Slice: Sendable {
  let start: Int?
  let stop: Int?
  let step: Int?

  func elements(of array: [JSONValue]) throws(JMESPathError) -> [JSONValue] {
    guard step != 0 else { throw JMESPathError(.invalidValue, "slice step cannot be zero") }
    let count = array.count
    // A longer step takes one element all the same, and would overflow.
    let step = max(-count - 1, min(step ?? 1, count + 1))
    // Backwards, the places to stand on are the elements and the one before them.
    let places = step < 0 ? -1...count - 1 : 0...count
    func place(_ bound: Int) -> Int {
      let bound = bound < 0 ? bound + count : bound
      return max(places.lowerBound, min(bound, places.upperBound))
    }
    let first = start.map(place) ?? (step < 0 ? places.upperBound : places.lowerBound)
    let end = stop.map(place) ?? (step < 0 ? places.lowerBound : places.upperBound)
    return stride(from: first, to: end, by: step).map { array[$0] }
  }
}
