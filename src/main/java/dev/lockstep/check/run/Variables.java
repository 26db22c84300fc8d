package dev.lockstep.check.run;

import dev.lockstep.check.run.Argument.Direction;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;
import dev.lockstep.ptx.Variable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Variables of a module that are set before a launch and read after it.
 *
 * @param settings by names of the PTX
 */
record Variables(List<Setting> settings) {
  static final Variables NONE = new Variables(List.of());

  /**
   * Holds settings to what a file declares. Less than a whole variable may be set, from its start,
   * as {@code cudaMemcpyToSymbol} does.
   *
   * @throws IllegalArgumentException naming the first variable that is not there, is too small or
   *     stands there twice
   */
  static Variables of(KernelFile file, List<Setting> settings) {
    List<Setting> found = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Setting setting : settings) {
      Variable variable = file.variables().named(setting.name());
      long bytes = setting.content().initial().byteSize();
      if (bytes > variable.bytes()) {
        throw new IllegalArgumentException(
            "variable %s has %d bytes, %s has %d"
                .formatted(variable.name(), variable.bytes(), setting.content(), bytes));
      }
      if (!seen.add(variable.name())) {
        throw new IllegalArgumentException("variable " + variable.name() + " is given twice");
      }
      found.add(new Setting(variable.name(), setting.content()));
    }
    return new Variables(List.copyOf(found));
  }

  /** Copies in what goes in. */
  void set(KernelModule module, Stream stream, Arena arena) {
    for (Setting setting : settings) {
      DeviceBuffer memory = module.variable(setting.name());
      if (setting.content().direction() != Direction.OUT) {
        stream.copyToDevice(memory, 0, Launcher.onHost(setting.content().initial(), arena));
      }
    }
  }

  /** Fetches what comes out. */
  List<RunResult.Changed> fetch(KernelModule module, Stream stream, Arena arena) {
    List<RunResult.Changed> outputs = new ArrayList<>();
    for (Setting setting : settings) {
      Direction direction = setting.content().direction();
      if (direction != Direction.IN) {
        Elements initial = setting.content().initial();
        MemorySegment host = Launcher.onHost(initial, arena);
        stream.copyToHost(host, module.variable(setting.name()), 0);
        stream.synchronize();
        outputs.add(
            new RunResult.Changed(setting.name(), direction, Elements.of(initial.type(), host)));
      }
    }
    return outputs;
  }
}
