import CaptionScores
import Checkpoints
import Collectives
import Images
import Pipeline
import Records
import Tensors
import Text

// The errors of lower floors know nothing of commands; here they get their exit codes.

extension RecordError: ExitCoded {}

extension TextError: ExitCoded {}

extension CheckpointError: ExitCoded {
  public var exitCode: Int32 {
    switch kind {
    case .data: ExitCode.data
    case .files: ExitCode.io
    case .usage: ExitCode.usage
    }
  }
}

extension CaptionScoresError: ExitCoded {
  public var exitCode: Int32 {
    switch reason {
    case .unreadable: ExitCode.io
    case .noSplits, .noSplit: ExitCode.usage
    case .tooLarge, .malformed, .missing, .foreign, .doubled, .noReferences, .nothing:
      ExitCode.data
    case .program, .tooSlow: ExitCode.lost
    }
  }
}

extension ThreadsError: ExitCoded {
  public var exitCode: Int32 { ExitCode.usage }
}

extension ProductError: ExitCoded {
  public var exitCode: Int32 {
    switch self {
    case .wrongProducts: ExitCode.internal
    case .unknownInstructions: ExitCode.usage
    }
  }
}

extension ImageError: ExitCoded {
  public var exitCode: Int32 { ExitCode.data }
}

extension PipelineError: ExitCoded {
  public var exitCode: Int32 {
    switch reason {
    case .noSources, .notPositive, .someWeightsMissing, .weightsTooFine, .weightsTooLarge,
      .tooManySteps, .moreRanksThanLanes, .noTokenizer, .cacheTooSmall:
      ExitCode.usage
    case .noSamples, .noClasses, .badSample, .tooManyBadSamples: ExitCode.data
    case .cancelled: ExitCode.internal
    }
  }
}
