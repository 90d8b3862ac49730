import TestSupport
import Testing

@testable import Telemetry

struct MetricsTests {
  @Test("Each series exists at 0 from the start, but for those that are not expected")
  func zeros() {
    let family = CounterFamily(
      "things_total", "Things.", labels: ["kind", "colour"], series: [["a", "red"], ["b", "red"], ["b", "blue"]],
      isShownAtZero: { $0 != 2 })
    var before = MetricsText()
    family.write(to: &before)
    #expect(
      before.text == """
        # HELP things_total Things.
        # TYPE things_total counter
        things_total{kind="a",colour="red"} 0
        things_total{kind="b",colour="red"} 0

        """)
    family.increment(2)
    var after = MetricsText()
    family.write(to: &after)
    #expect(after.text.hasSuffix("things_total{kind=\"b\",colour=\"blue\"} 1\n"))
  }

  @Test("No count is lost when many threads count at once")
  func concurrency() async {
    let table = CounterTable(count: 3)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<10_000 { table.add(2, at: 1) } }
      }
    }
    #expect([0, 1, 2].map(table.value) == [0, 160_000, 0])
  }

  @Test("A duration is in the first bucket that holds it and in all after that")
  func histogram() {
    let histogram = DurationHistogram("wait_seconds", "Waits.", microseconds: [5, 1000, 2_000_000])
    for nanoseconds in [1, 5_000, 5_001, 3_000_000_000] { histogram.observe(nanoseconds: nanoseconds) }
    var text = MetricsText()
    histogram.write(to: &text)
    #expect(
      text.text == """
        # HELP wait_seconds Waits.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{le="5e-06"} 2
        wait_seconds_bucket{le="0.001"} 3
        wait_seconds_bucket{le="2.0"} 3
        wait_seconds_bucket{le="+Inf"} 4
        wait_seconds_sum 3.000010002
        wait_seconds_count 4

        """)
  }

  @Test("A label value cannot end its label or its line")
  func escaping() {
    var text = MetricsText()
    text.sample("x", [("label", "a\"b\\c\nd")], 1)
    #expect(text.text == #"x{label="a\"b\\c\nd"} 1"# + "\n")
  }

  @Test(
    "A program's name does not confuse its status",
    arguments: ["fedbroker", "a b", "x) R 1 1 (y", ")"])
  func status(name: String) {
    let fields = ["S"] + (4...21).map(String.init) + ["777", "4096000", "250", "18446744073709551615", "0"]
    let status = ProcessMetrics.Status("123 (\(name)) " + fields.joined(separator: " "))
    #expect(status?.startTicks == 777)
    #expect(status?.virtualBytes == 4_096_000)
    #expect(status?.residentPages == 250)
  }

  @Test("A status cut short is none", arguments: ["", "123 (fedbroker", "123 (fedbroker) S 1 2", "no status"])
  func shortStatus(line: String) {
    #expect(ProcessMetrics.Status(line) == nil)
  }

  @Test("All that is told of the process is told, and can be")
  func process() throws {
    var text = MetricsText()
    ProcessMetrics.write(to: &text)
    let values = Dictionary(
      uniqueKeysWithValues: text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let parts = line.split(separator: " ")
        return (String(parts[0]), Double(parts[1]) ?? -1)
      })
    #expect(
      values.keys.sorted() == [
        "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes",
        "process_start_time_seconds", "process_virtual_memory_bytes",
      ])
    #expect(values.values.allSatisfy { $0 > 0 })
    #expect(try #require(values["process_virtual_memory_bytes"]) > #require(values["process_resident_memory_bytes"]))
    // A day in 2020: seconds, not ticks or milliseconds, and of the epoch.
    #expect(1_577_836_800...32_503_680_000 ~= (try #require(values["process_start_time_seconds"])))
  }
}
