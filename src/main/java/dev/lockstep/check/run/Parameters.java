package dev.lockstep.check.run;

import dev.lockstep.device.TensorMaps;
import dev.lockstep.ptx.Parameter;
import dev.lockstep.ptx.PtxKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;

/** Holds arguments to a kernel's parameters and lays them out as the PTX does. */
final class Parameters {
  private Parameters() {}

  /**
   * Whether the arguments are as many as the parameters and each of its size.
   *
   * @throws IllegalArgumentException naming the first that is not, with all parameters
   */
  static void check(PtxKernel kernel, List<Argument> arguments) {
    List<Parameter> parameters = kernel.parameters();
    if (arguments.size() != parameters.size()) {
      throw new IllegalArgumentException(
          "%s takes %s, %d given; its parameters are %s"
              .formatted(
                  kernel.name(),
                  counted(parameters.size(), "argument"),
                  arguments.size(),
                  describe(kernel)));
    }
    for (int i = 0; i < parameters.size(); i++) {
      int bytes = bytes(arguments.get(i));
      if (bytes != parameters.get(i).bytes()) {
        throw new IllegalArgumentException(
            "argument %d of %s, %s, %s, but parameter %s has %s; its parameters are %s"
                .formatted(
                    i,
                    kernel.name(),
                    arguments.get(i),
                    arguments.get(i) instanceof Argument.Buffer
                        ? "is passed as an address of 8 bytes"
                        : "has " + counted(bytes, "byte"),
                    parameters.get(i).name(),
                    counted(parameters.get(i).bytes(), "byte"),
                    describe(kernel)));
      }
      if (arguments.get(i) instanceof Argument.Tensor
          && parameters.get(i).offset() % TensorMaps.ALIGNMENT != 0) {
        throw new IllegalArgumentException(
            "argument %d of %s, %s, must begin at a multiple of %d bytes, parameter %s is at %d"
                .formatted(
                    i,
                    kernel.name(),
                    arguments.get(i),
                    TensorMaps.ALIGNMENT,
                    parameters.get(i).name(),
                    parameters.get(i).offset()));
      }
    }
  }

  /**
   * The parameter block.
   *
   * @param contents what is passed for each argument
   */
  static MemorySegment block(PtxKernel kernel, List<MemorySegment> contents, Arena arena) {
    MemorySegment block = arena.allocate(Math.max(1, kernel.parameterBytes()), 16);
    for (int i = 0; i < contents.size(); i++) {
      MemorySegment content = contents.get(i);
      long offset = kernel.parameters().get(i).offset();
      MemorySegment.copy(content, 0, block, offset, content.byteSize());
    }
    return block.asSlice(0, kernel.parameterBytes());
  }

  /** All parameters with type and size. */
  static String describe(PtxKernel kernel) {
    if (kernel.parameters().isEmpty()) {
      return "(none)";
    }
    return kernel.parameters().stream()
        .map(
            parameter ->
                "%s %s (%s)"
                    .formatted(
                        parameter.type().spelling(),
                        parameter.name(),
                        counted(parameter.bytes(), "byte")))
        .collect(Collectors.joining(", "));
  }

  private static int bytes(Argument argument) {
    return switch (argument) {
      case Argument.Buffer _ -> Long.BYTES;
      case Argument.Tensor _ -> TensorMaps.BYTES;
      case Argument.Value value -> value.content().byteSize();
    };
  }

  private static String counted(int count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }
}
