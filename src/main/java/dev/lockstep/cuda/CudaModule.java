package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.ModuleVariables;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.PtxParser;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.JCudaDriver;

/** Kernels in the driver's hands: machine code for this GPU if the image has it, else its PTX. */
final class CudaModule extends CudaResource implements KernelModule {
  private final String name;
  private final Handles.Module module;
  private final Map<String, CudaKernel> kernels = new LinkedHashMap<>();
  private final ModuleVariables variables;
  private final Map<String, CudaVariable> asked = new HashMap<>();

  /** The device has made its context current. */
  CudaModule(CudaDevice device, KernelImage image) {
    super(device);
    this.name = image.name();
    // The driver does not tell how many bytes of arguments a kernel takes; the PTX does.
    PtxModule declared = PtxParser.declarations(image.ptx());
    List<PtxKernel> entries = declared.kernels();
    this.variables = ModuleVariables.of(name, declared);
    this.module = ModuleLoader.load(device, image);
    try {
      for (PtxKernel entry : entries) {
        kernels.put(entry.name(), find(entry));
      }
    } catch (DeviceException e) {
      JCudaDriver.cuModuleUnload(module);
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> entries() {
    return List.copyOf(kernels.keySet());
  }

  @Override
  public Kernel kernel(String entry) {
    requireOpen();
    CudaKernel kernel = kernels.get(entry);
    if (kernel == null) {
      throw new IllegalArgumentException(
          "no kernel " + entry + " in " + name + "; it has " + String.join(", ", entries()));
    }
    return kernel;
  }

  @Override
  public List<String> variables() {
    return variables.names();
  }

  @Override
  public synchronized DeviceBuffer variable(String wanted) {
    requireOpen();
    return asked.computeIfAbsent(variables.named(wanted).name(), this::locate);
  }

  @Override
  void giveBack() {
    device().checkReturned("cuModuleUnload", JCudaDriver.cuModuleUnload(module));
  }

  @Override
  String what() {
    return "the module " + name;
  }

  @Override
  public String toString() {
    return what();
  }

  private CudaVariable locate(String variable) {
    device().makeCurrent();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(JAVA_LONG);
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      device()
          .check(
              "cuModuleGetGlobal",
              device()
                  .calls()
                  .moduleVariable(address, bytes, module.address(), arena.allocateFrom(variable)),
              () -> "; the variable " + variable + " of " + name);
      return new CudaVariable(this, variable, address.get(JAVA_LONG, 0), bytes.get(JAVA_LONG, 0));
    }
  }

  private CudaKernel find(PtxKernel entry) {
    Handles.Function function = new Handles.Function();
    device()
        .check(
            "cuModuleGetFunction",
            JCudaDriver.cuModuleGetFunction(function, module, entry.name()),
            () -> "; " + entry.name() + " in " + name);
    return new CudaKernel(this, entry.name(), entry.parameterBytes(), function);
  }
}
