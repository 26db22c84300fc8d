package dev.lockstep.simulator;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.KernelCompiler;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A parsed module. Each kernel is lowered when it is first asked for, as most never are. */
final class SimulatedModule implements KernelModule {
  private final SimulatedDevice device;
  private final String name;
  private final PtxModule module;
  private final List<GlobalMemory.Allocation> variables = new ArrayList<>();
  private final Map<String, Long> addresses = new HashMap<>();
  private final Map<String, SimulatedKernel> kernels = new HashMap<>();

  SimulatedModule(SimulatedDevice device, String name, PtxModule module) {
    this.device = device;
    this.name = name;
    this.module = module;
    for (Variable variable : module.variables()) {
      if (variable.space() == StateSpace.GLOBAL || variable.space() == StateSpace.CONST) {
        GlobalMemory memory = device.memory();
        String called = "variable %s of %d bytes".formatted(variable.name(), variable.bytes());
        GlobalMemory.Allocation allocation =
            variable.space() == StateSpace.CONST
                ? memory.allocateConstant(called, variable.bytes())
                : memory.allocate(called, variable.bytes());
        for (int i = 0; i < variable.initial().size(); i++) {
          allocation.region().segment().set(ValueLayout.JAVA_BYTE, i, variable.initial().get(i));
        }
        variables.add(allocation);
        addresses.put(variable.name(), allocation.region().start());
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
    PtxKernel kernel = declared(entry);
    SimulatedKernel lowered =
        new SimulatedKernel(
            device,
            module,
            instrument ->
                KernelCompiler.compile(module, kernel, addresses, device.options(), instrument));
    kernels.put(entry, lowered);
    return lowered;
  }

  /** What a kernel needs and what of it cannot be executed. */
  KernelInspector.Inspection inspect(String entry) {
    device.requireOpen();
    List<DeviceFault.UnsupportedInstruction> uncovered = new ArrayList<>();
    LoweredKernel lowered =
        KernelCompiler.compile(
            module, declared(entry), addresses, device.options(), Instrument.NONE, uncovered::add);
    return new KernelInspector.Inspection(
        lowered.staticSharedBytes(),
        lowered.dynamicSharedAlignment(),
        lowered.localBytes(),
        uncovered);
  }

  private PtxKernel declared(String entry) {
    return module.kernels().stream()
        .filter(kernel -> kernel.name().equals(entry))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "module " + name + " has no kernel \"" + entry + "\"; it has " + entries()));
  }

  @Override
  public void close() {
    variables.forEach(GlobalMemory.Allocation::close);
  }
}
