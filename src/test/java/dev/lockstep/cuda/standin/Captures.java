package dev.lockstep.cuda.standin;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;

/** Which streams are captured, by which threads, and what that forbids. */
final class Captures {
  private record Capture(long thread, int mode) {
    /** Whether a thread may not make unsafe calls because of this capture. */
    boolean forbids(long caller) {
      return switch (mode) {
        case CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL -> true;
        case CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL -> caller == thread;
        default -> false;
      };
    }
  }

  private final Map<StandInStream, Capture> captures = new ConcurrentHashMap<>();

  void begin(StandInStream stream, long thread, int mode) {
    stream.beginCapture();
    captures.put(stream, new Capture(thread, mode));
  }

  StandInGraph end(StandInStream stream, long thread) {
    Capture capture = captures.get(stream);
    if (capture == null) {
      throw new DriverError(CUresult.CUDA_ERROR_ILLEGAL_STATE);
    }
    if (capture.mode != CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
        && capture.thread != thread) {
      throw new DriverError(CUresult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    }
    captures.remove(stream);
    return new StandInGraph(stream.context, stream.endCapture());
  }

  /** For calls such as allocating: they fail and spoil the captures that forbid them. */
  void forbid(long thread) {
    captures.forEach(
        (stream, capture) -> {
          if (capture.forbids(thread)) {
            stream.requireNoCapture();
          }
        });
  }

  /** The context was destroyed, and its streams with it. */
  void forget(StandInContext context) {
    captures.keySet().removeIf(stream -> stream.context == context);
  }

  /** The stream was destroyed. */
  void forget(StandInStream stream) {
    captures.remove(stream);
  }
}
