import CoCaModel

// The paper's two losses by name; NaN where one is not part of the objective, which equals nothing.
extension Losses {
  var contrastive: Double { self["contrastive"]?.value ?? .nan }
  var caption: Double { self["caption"]?.value ?? .nan }
  var targets: Int { self["caption"]?.count ?? 0 }
  var imageToTextAccuracy: Double {
    figure(ContrastiveTerm.imageToText, of: "contrastive")?.value ?? .nan
  }
}
