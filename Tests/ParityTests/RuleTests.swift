import CoCaModel
import Collectives
import Parity
import Tensors
import Testing

/// That the rule lets no mistake pass.
@Suite("The rule of parity")
struct RuleTests {
  @Test("errors up to the larger of 2e-6 and sixteen times the reference's own pass, no others")
  func bound() {
    func passes(_ found: Float, own: Double = 0, truth: Float = 4) -> Bool {
      Comparison("x", Tensor([found], shape: [1]), Tensor([truth], shape: [1]), own: own).passes
    }
    #expect(passes(4.000_007) && !passes(4.000_009))
    #expect(passes(4.0063, own: 1e-4) && !passes(4.0065, own: 1e-4))
    #expect(!passes(.nan) && !passes(.infinity))
    #expect(passes(0, truth: 0) && !passes(1e-30, truth: 0))
    let (short, long) = (Tensor([1], shape: [1]), Tensor([1, 1], shape: [2]))
    #expect(!Comparison("x", short, long, own: 1).passes)
  }

  @Test(
    "outputs of another epsilon or of GELU by tanh are rejected",
    arguments: ["layer-norm-epsilon", "tanh-gelu"],
    ["image_features", "text_features", "logits", "loss/caption"])
  func mistakes(mistake: String, name: String) throws {
    let truth = try Fixture.splitPooler.truth()
    let wrong = try truth["wrong/\(mistake)/\(name)"]
    #expect(!truth.compare(name, wrong, try truth[name]).passes)
  }

  @Test("every decay rule but open_clip's is rejected")
  func decay() throws {
    var replay = Replay(try Fixture.splitPooler.truth())
    replay.optimizer.decay = .matrices
    let rejected = try rejected(replay)
    #expect(rejected.contains("after/text.token_embedding.weight"))
    #expect(rejected.contains("after/visual.attn_pool.query"))
    #expect(rejected.allSatisfy { $0.hasPrefix("after/") || $0.hasPrefix("steps/") })
  }

  @Test("another mask, activation, epsilon of AdamW, weight of a loss or clipping is rejected")
  func settings() throws {
    let replay = Replay(try Fixture.splitPooler.truth())
    func rejects(_ name: String, _ change: (inout Replay) -> Void) throws -> Bool {
      var changed = replay
      change(&changed)
      return try rejected(changed).contains(name)
    }
    #expect(try rejects("text_features") { $0.configuration.text.clsMask = .correct })
    #expect(try rejects("image_features") { $0.configuration.activation = .quickGELU })
    #expect(try rejects("after/visual.proj") { $0.optimizer.epsilon = 1e-5 })
    #expect(try rejects("gradient/visual.proj") {
        $0.terms[0] = WeightedTerm(ContrastiveTerm(), 1.0001)
      })
    #expect(try rejects("after/visual.proj") { $0.clip = nil })
  }

  @Test("a report shows what breaks the rule first, however little is asked for")
  func report() {
    let one = Tensor([1], shape: [1])
    func comparison(_ name: String, _ found: Float, own: Double) -> Comparison {
      Comparison(name, Tensor([found], shape: [1]), one, own: own)
    }
    let report = Report([
      comparison("gradient/good", 1.01, own: 0.01), comparison("gradient/bad", 1.001, own: 0),
      comparison("logits", 1, own: 0),
    ])
    let names = report.text(top: 1).split(separator: "\n").map { $0.split(separator: " ").last }
    #expect(names == ["allowed", "logits", "2:", "gradient/bad", "rule"])
    #expect(report.table.split(separator: "\n").count == 4)
    #expect(!report.passes && Report([comparison("logits", 1, own: 0)]).passes)
  }

  private func rejected(_ replay: Replay) throws -> Set<String> {
    let comparisons = try replay.comparisons(of: 0..<5, over: SoloCommunicator())
    return Set(comparisons.filter { !$0.passes }.map(\.name))
  }
}
