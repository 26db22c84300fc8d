package dev.lockstep.ptx;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A parsed PTX file.
 *
 * @param version of the ISA, for example {@code 8.0}
 * @param target for example {@code sm_80}
 * @param variables at module scope, all spaces, and those of bodies in global and constant memory
 * @param functions device functions with a body
 * @param declared device functions without one, such as {@code vprintf}
 * @param aliases other names of functions
 * @param files names of the {@code .file} table by their index
 */
public record PtxModule(
    String version,
    String target,
    List<Variable> variables,
    List<PtxKernel> kernels,
    List<PtxFunction> functions,
    Map<String, Prototype> declared,
    Map<String, String> aliases,
    Map<Integer, String> files) {

  /** The same with other code. */
  public PtxModule with(List<PtxKernel> otherKernels, List<PtxFunction> otherFunctions) {
    return new PtxModule(
        version,
        target,
        variables,
        List.copyOf(otherKernels),
        List.copyOf(otherFunctions),
        declared,
        aliases,
        files);
  }

  /** The function of that name or alias, or null when it has no body here. */
  public @Nullable PtxFunction function(String name) {
    String real = aliases.getOrDefault(name, name);
    for (PtxFunction function : functions) {
      if (function.name().equals(real)) {
        return function;
      }
    }
    return null;
  }

  /**
   * {@code file.cu:line} for people; for inlined code the place in the kernel follows: {@code
   * warp.cuh:12 inlined at rmsnorm.cu:40}. Empty when unknown.
   */
  public String describe(@Nullable SourceLocation location) {
    StringBuilder text = new StringBuilder();
    for (SourceLocation at = location; at != null; at = at.inlinedAt()) {
      if (!text.isEmpty()) {
        text.append(" inlined at ");
      }
      String path = files.getOrDefault(at.file(), "file " + at.file());
      text.append(path, path.lastIndexOf('/') + 1, path.length()).append(':').append(at.line());
    }
    return text.toString();
  }
}
