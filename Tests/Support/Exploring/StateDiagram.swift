internal import Glibc

/// The states that an exploration found, and what leads from one to another, as a graph in the language of Graphviz.
package struct StateDiagram {
  /// The graph; equal for equal transitions.
  package let dot: String

  /// Draws the transitions between the named states; `caption` words an event and its outcome, and `nil` leaves it out.
  package init<System>(
    of exploration: Exploration<System>, title: String, caption: (_ event: String, _ outcome: String) -> String?
  ) {
    var captions: [[String]: Set<String>] = [:]
    for transition in exploration.transitions where transition.source != transition.target {
      guard let caption = caption(transition.event, transition.outcome) else { continue }
      captions[[transition.source, transition.target], default: []].insert(caption)
    }
    let edges = captions.map { ends, captions in
      "  \"\(ends[0])\" -> \"\(ends[1])\" [label=\"\(captions.sorted().joined(separator: "\\n"))\"];\n"
    }
    dot = """
      digraph "\(title)" {
        graph [fontname="Helvetica" nodesep=0.6 ranksep=0.8];
        node [fontname="Helvetica" shape=box style=rounded];
        edge [fontname="Helvetica" fontsize=9];
      \(edges.sorted().joined()).
      """.dropLast() + "}\n"
  }

  /// Returns whether the picture `name`.svg of a guide was drawn from this graph.
  ///
  /// `make diagrams` sets FEDBROKER_DIAGRAMS: then the graph is written to that folder, to be drawn.
  package func isDrawn(as name: String, in guide: String) -> Bool {
    if let folder = getenv("FEDBROKER_DIAGRAMS") {
      let file = open("\(String(cString: folder))/\(name).dot", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      defer { close(file) }
      return write(file, dot, dot.utf8.count) == dot.utf8.count
    }
    return ChildProcess.run(["cat", "\(Oracle.packageRoot)/\(guide)/\(name).svg"]).output.contains(dot)
  }
}
