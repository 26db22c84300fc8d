package dev.lockstep.check.run;

import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.KernelImage;
import dev.lockstep.ptx.MangledName;
import dev.lockstep.ptx.ModuleVariables;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.ptx.PtxSyntaxException;
import dev.lockstep.ptx.StateSpace;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Kernels to be run: PTX text and what it says of itself.
 *
 * @param name what messages call it
 */
public record KernelFile(String name, String ptx, PtxModule module) {
  /**
   * Reads PTX, or CUDA C++ (a name that ends in {@code .cu}), which nvcc compiles.
   *
   * @param target the device to compile for
   * @throws IllegalArgumentException when it cannot be read, compiled or understood
   */
  public static KernelFile read(Path file, DeviceInfo target) {
    boolean cuda = file.toString().endsWith(".cu");
    return parse(
        file.toString(),
        cuda ? Nvcc.compile(file, target.computeCapability()) : InputFile.text(file));
  }

  /**
   * Makes sure that there is such a file before anything else is asked for.
   *
   * @throws IllegalArgumentException when there is none, or it is a folder
   */
  public static void requireThere(Path file) {
    InputFile.requireThere(file);
  }

  /**
   * PTX text.
   *
   * @throws IllegalArgumentException at the first thing that is not PTX
   */
  public static KernelFile parse(String name, String ptx) {
    try {
      return new KernelFile(name, ptx, PtxParser.parse(ptx));
    } catch (PtxSyntaxException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  /** What a device loads. */
  public KernelImage image() {
    return KernelImage.ofPtx(name, ptx);
  }

  /** Names of the entry points, in the order of the file. */
  public List<String> entries() {
    return module.kernels().stream().map(PtxKernel::name).toList();
  }

  /**
   * The only entry point.
   *
   * @throws IllegalArgumentException when there are none or several; the message lists them
   */
  public PtxKernel onlyEntry() {
    return switch (entries().size()) {
      case 1 -> module.kernels().getFirst();
      case 0 -> throw new IllegalArgumentException(name + " has no kernel");
      default ->
          throw new IllegalArgumentException(
              name + " has several kernels, name the entry: " + listed(entries()));
    };
  }

  /**
   * The entry point of that name; a C++ kernel also answers to its name in the source.
   *
   * @throws IllegalArgumentException when there is none, or several; the message lists them
   */
  public PtxKernel entry(String wanted) {
    for (PtxKernel kernel : module.kernels()) {
      if (kernel.name().equals(wanted)) {
        return kernel;
      }
    }
    List<PtxKernel> similar =
        module.kernels().stream()
            .filter(kernel -> MangledName.isOf(kernel.name(), wanted))
            .toList();
    return switch (similar.size()) {
      case 1 -> similar.getFirst();
      case 0 ->
          throw new IllegalArgumentException(
              "%s has no kernel \"%s\"%s"
                  .formatted(
                      name,
                      wanted,
                      entries().isEmpty() ? " and no other" : "; it has " + listed(entries())));
      default ->
          throw new IllegalArgumentException(
              "%s has several kernels \"%s\": %s"
                  .formatted(name, wanted, listed(similar.stream().map(PtxKernel::name).toList())));
    };
  }

  /** What a host can set and read beside arguments: {@code __device__} and {@code __constant__}. */
  public ModuleVariables variables() {
    return ModuleVariables.of(name, module);
  }

  /** Whether a launch can leave something behind for the next: memory at module scope. */
  boolean keepsState() {
    return module.variables().stream()
        .anyMatch(variable -> variable.space() == StateSpace.GLOBAL && variable.bytes() > 0);
  }

  private static String listed(List<String> names) {
    return names.stream().collect(Collectors.joining(", "));
  }
}
