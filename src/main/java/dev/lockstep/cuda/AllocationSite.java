package dev.lockstep.cuda;

import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where something was taken from a device: the innermost callers outside of what only passes it on.
 * Finding them takes about a microsecond, next to nothing beside a driver's allocation.
 */
record AllocationSite(List<StackFrame> callers) {
  private static final int KEPT = 3;

  private static final Set<String> PASSING_ON =
      Set.of(
          AllocationSite.class.getName(),
          CudaDevice.class.getName(),
          CublasLibrary.class.getName(),
          CublasProducts.class.getName(),
          CublasLtLibrary.class.getName(),
          CublasLtProducts.class.getName(),
          CudaGraphs.class.getName(),
          StreamCapture.class.getName());

  /** That of the caller. */
  static AllocationSite here() {
    return new AllocationSite(
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames
                        .filter(frame -> !PASSING_ON.contains(frame.getClassName()))
                        .filter(frame -> !frame.getClassName().startsWith("java."))
                        .limit(KEPT)
                        .toList()));
  }

  /** For example {@code TensorArena.allocate(TensorArena.java:61), called by ...}. */
  @Override
  public String toString() {
    return callers.stream().map(AllocationSite::name).collect(Collectors.joining(", called by "));
  }

  private static String name(StackFrame frame) {
    String type = frame.getClassName();
    return "%s.%s(%s:%d)"
        .formatted(
            type.substring(type.lastIndexOf('.') + 1),
            frame.getMethodName(),
            frame.getFileName(),
            frame.getLineNumber());
  }
}
