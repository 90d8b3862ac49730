import Secrets
import Testing

@testable import AWS

struct SecretXMLTests {
  private func parse(_ text: String) throws -> SecretXML { try SecretXML(parsing: Secret(text)) }

  @Test func `The text of each leaf is found by its path below the root`() throws {
    let document = try parse(
      "<?xml version=\"1.0\"?>\n<r xmlns=\"urn:x>y\"><a><b>one</b><c/><d x='1'>two</d></a><e></e></r>\n")
    #expect(document.rootName == "r")
    #expect(document.string("a/b") == "one")
    #expect(document.string("a/c") == "")
    #expect(document.string("a/d") == "two")
    #expect(document.string("e") == "")
    #expect(document.string("a") == nil)
    #expect(document.string("b") == nil)
  }

  @Test(arguments: [
    ("&lt;&gt;&amp;&apos;&quot;", "<>&'\""), ("&#65;&#x42;&#x1F600;", "AB😀"), ("a/b+c==", "a/b+c=="),
  ])
  func `The five entities and character references are replaced`(text: String, value: String) throws {
    #expect(try parse("<r><a>\(text)</a></r>").string("a") == value)
  }

  @Test(arguments: [
    "", " ", "text", "<r>", "</r>", "<r></q>", "<r></r><r></r>", "<r></r>x", "x<r></r>", "<r><a></r></a>",
    "<r>&nbsp;</r>".replacing("<r>", with: "<r><a>").replacing("</r>", with: "</a></r>"),
    "<r><a>&#0;</a></r>", "<r><a>&#xD800;</a></r>", "<r><a>&amp</a></r>", "<r><a>& </a></r>",
    "<!DOCTYPE r [<!ENTITY e \"x\">]><r></r>", "<r><!-- c --></r>", "<r><![CDATA[x]]></r>", "<r><?pi?></r>", "<r",
    "<r a=\"", "<r a=\"<\"></r>", "<1></1>", "<r></r x>", "{\"a\":1}",
  ])
  func `What AWS does not send is refused`(text: String) {
    #expect(throws: SecretXML.Malformed.self) { try parse(text) }
  }

  @Test func `Depth and size are bounded`() {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(SecretXML.maxDepth)) }
    #expect(throws: SecretXML.Malformed.self) { try parse(nested(SecretXML.maxDepth + 1)) }
    #expect(throws: SecretXML.Malformed.self) { try parse(nested(100_000)) }
    #expect(throws: SecretXML.Malformed.self) {
      try parse("<a>" + String(repeating: "x", count: SecretXML.maxSize) + "</a>")
    }
  }

  @Test func `An answer cut short anywhere is refused`() throws {
    let text = "<r><a>one &amp; two</a><b/></r>"
    for length in 0..<text.count {
      #expect(throws: SecretXML.Malformed.self, "\(length)") { try parse(String(text.prefix(length))) }
    }
  }
}
