internal import JSON

/// `[start:stop:step]`, with the meaning it has in Python.
struct Slice: Sendable {
  let start: Int?
  let stop: Int?
  let step: Int?

  func elements(of array: [JSONValue]) throws(JMESPathError) -> [JSONValue] {
    guard step != 0 else { throw JMESPathError(.invalidValue, "slice step cannot be zero") }
    let count = array.count
    // A longer step also takes one element, and would overflow.
    let step = max(-count - 1, min(step ?? 1, count + 1))
    // Backwards, valid positions are the elements and the position before the first.
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
