package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.ModuleVariables;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A parsed module. Each kernel is lowered when it is first asked for, as most never are. */
final class SimulatedModule implements KernelModule {
  /** What fits the address offsets of compiled code, and far more than real modules hold. */
  private static final long MAX_VARIABLE_BYTES = 1L << 31;

  private final SimulatedDevice device;
  private final String name;
  private final PtxModule module;
  private final PlacedModule code;
  private final Map<String, GlobalMemory.Allocation> variables = new HashMap<>();
  private final Map<String, DeviceBuffer> asked = new HashMap<>();
  private final Map<String, Long> addresses = new HashMap<>();
  private final Map<String, SimulatedKernel> kernels = new HashMap<>();

  SimulatedModule(SimulatedDevice device, String name, ModuleCode code) {
    this.device = device;
    this.name = name;
    this.module = code.module();
    Map<Variable, MemorySegment> contents = new LinkedHashMap<>();
    for (Variable variable : module.variables()) {
      if (variable.space() == StateSpace.GLOBAL || variable.space() == StateSpace.CONST) {
        contents.put(variable, allocate(variable));
      }
    }
    this.code = code.at(addresses);
    contents.forEach(this::initialise);
  }

  private MemorySegment allocate(Variable variable) {
    String what = "variable %s of %d bytes".formatted(variable.name(), variable.bytes());
    if (variable.bytes() > MAX_VARIABLE_BYTES) {
      throw new DeviceException("load", what + "; at most " + MAX_VARIABLE_BYTES);
    }
    try {
      GlobalMemory memory = device.memory();
      GlobalMemory.Allocation allocation =
          variable.space() == StateSpace.CONST
              ? memory.allocateConstant(what, variable.bytes())
              : memory.allocate(what, variable.bytes());
      variables.put(variable.name(), allocation);
      addresses.put(variable.name(), allocation.region().start());
      return allocation.region().segment();
    } catch (OutOfMemoryError e) {
      throw new DeviceException("load", "no memory for " + what + ": " + e.getMessage());
    }
  }

  private void initialise(Variable variable, MemorySegment content) {
    for (int i = 0; i < variable.initial().size(); i++) {
      content.set(ValueLayout.JAVA_BYTE, i, variable.initial().get(i));
    }
    for (Variable.Reference reference : variable.references()) {
      Long address = addresses.get(reference.symbol());
      if (address == null) {
        address = code.prepared().codeAddress(reference.symbol());
      }
      if (address == 0) {
        throw new DeviceException(
            "load",
            "variable %s holds the address of %s, which this file declares without a body"
                .formatted(variable.name(), reference.symbol()));
      }
      long value = reference.value(address);
      for (int i = 0; i < Math.min(reference.bytes(), 8); i++) {
        content.set(ValueLayout.JAVA_BYTE, reference.at() + i, (byte) (value >>> (8 * i)));
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> entries() {
    return module.kernels().stream().map(PtxKernel::name).toList();
  }

  @Override
  public synchronized Kernel kernel(String entry) {
    device.requireOpen();
    SimulatedKernel known = kernels.get(entry);
    if (known != null) {
      return known;
    }
    requireDeclared(entry);
    SimulatedKernel lowered = new SimulatedKernel(device, code(entry));
    kernels.put(entry, lowered);
    return lowered;
  }

  @Override
  public List<String> variables() {
    return ModuleVariables.of(name, module).names();
  }

  @Override
  public synchronized DeviceBuffer variable(String wanted) {
    device.requireOpen();
    String found = ModuleVariables.of("module " + name, module).named(wanted).name();
    return asked.computeIfAbsent(
        found, it -> SimulatedBuffer.ofModule(Objects.requireNonNull(variables.get(it)), device));
  }

  /** What a kernel needs and what of it cannot be executed. */
  KernelInspector.Inspection inspect(String entry) {
    device.requireOpen();
    requireDeclared(entry);
    List<DeviceFault.UnsupportedInstruction> uncovered = new ArrayList<>();
    LoweredKernel lowered = code(entry).surveyed(uncovered::add);
    return new KernelInspector.Inspection(
        lowered.staticSharedBytes(),
        lowered.dynamicSharedAlignment(),
        lowered.localBytes(),
        uncovered);
  }

  private KernelCode code(String entry) {
    return code.kernel(entry, device.options().sanitize());
  }

  private void requireDeclared(String entry) {
    if (!code.prepared().hasKernel(entry)) {
      throw new IllegalArgumentException(
          "module " + name + " has no kernel \"" + entry + "\"; it has " + entries());
    }
  }

  @Override
  public void close() {
    variables.values().forEach(GlobalMemory.Allocation::close);
  }
}
