package dev.lockstep.check.run;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelInspector.Inspection;
import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.PtxKernel;
import java.util.ArrayList;
import java.util.List;

/**
 * What the kernels of a file need, and whether a device can execute them.
 *
 * @param variables those a host can set and read
 */
public record EntryList(List<Entry> entries, List<GlobalVariable> variables) {
  public EntryList {
    entries = List.copyOf(entries);
    variables = List.copyOf(variables);
  }

  /**
   * Loads and prepares every kernel without running one.
   *
   * @throws IllegalArgumentException when the device cannot say
   */
  public static EntryList of(KernelFile file, Device device) {
    KernelInspector inspector =
        device
            .capability(KernelInspector.class)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the device "
                            + device.info().provider()
                            + " does not say what it can execute; --device sim does"));
    List<Entry> entries = new ArrayList<>();
    try (KernelModule module = device.load(file.image())) {
      for (PtxKernel kernel : file.module().kernels()) {
        entries.add(entry(kernel, inspector.inspect(module, kernel.name())));
      }
    }
    return new EntryList(
        entries,
        file.variables().all().stream()
            .map(
                v ->
                    new GlobalVariable(
                        v.name(), v.space().spelling(), v.type().spelling(), v.bytes()))
            .toList());
  }

  /** Whether every instruction of every kernel can be executed. */
  public boolean covered() {
    return entries.stream().allMatch(entry -> entry.uncovered().isEmpty());
  }

  private static Entry entry(PtxKernel kernel, Inspection found) {
    return new Entry(
        kernel.name(),
        kernel.parameters().stream()
            .map(
                parameter ->
                    new Parameter(
                        parameter.name(),
                        parameter.type().spelling(),
                        parameter.offset(),
                        parameter.bytes()))
            .toList(),
        kernel.instructions().size(),
        found.staticSharedBytes(),
        found.dynamicSharedAlignment(),
        found.localBytes(),
        kernel.maxThreads(),
        found.uncovered().stream().map(Uncovered::of).toList());
  }

  /**
   * A kernel.
   *
   * @param instructions in its PTX
   * @param maxThreads the most threads a block may have
   */
  public record Entry(
      String name,
      List<Parameter> parameters,
      int instructions,
      int staticSharedBytes,
      int dynamicSharedAlignment,
      int localBytes,
      int maxThreads,
      List<Uncovered> uncovered) {}

  /**
   * A parameter of a kernel.
   *
   * @param offset in the parameter block
   */
  public record Parameter(String name, String type, int offset, int bytes) {}

  /**
   * A variable of the module.
   *
   * @param space {@code global} or {@code const}
   */
  public record GlobalVariable(String name, String space, String type, long bytes) {}

  /**
   * An instruction that cannot be executed.
   *
   * @param source {@code file.cu:line}; empty where the PTX has no line table
   */
  public record Uncovered(int line, String instruction, String source, String reason) {
    static Uncovered of(DeviceFault.UnsupportedInstruction fault) {
      String message = String.valueOf(fault.getMessage());
      String place = " at " + fault.site();
      return new Uncovered(
          fault.site().ptxLine(),
          fault.site().instruction(),
          fault.site().source(),
          message.endsWith(place)
              ? message.substring(0, message.length() - place.length())
              : message);
    }
  }
}
