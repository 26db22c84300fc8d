package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.KernelImage;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.ptx.PtxSyntaxException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUresult;

/** Modules and the kernels in them. The assembler is this project's parser, its log the message. */
final class ModuleFamily {
  private final DriverState state;

  ModuleFamily(DriverState state) {
    this.state = state;
  }

  @Export({"cuModuleLoadData", "cuModuleLoadFatBinary"})
  int load(MemorySegment module, MemorySegment image) {
    return load(module, image, 0, MemorySegment.NULL, MemorySegment.NULL);
  }

  @Export("cuModuleLoadDataEx")
  int load(
      MemorySegment module,
      MemorySegment image,
      int count,
      MemorySegment options,
      MemorySegment values) {
    StandInContext context = state.currentOutsideCapture();
    String ptx = ModuleImage.ptx(image);
    try {
      PtxModule text = PtxParser.declarations(ptx);
      StandInModule loaded =
          new StandInModule(
              context, text, context.gpu.device.load(KernelImage.ofPtx("a module", ptx)));
      Host.set(module, state.modules.add(loaded));
      return CUresult.CUDA_SUCCESS;
    } catch (PtxSyntaxException | DeviceException e) {
      log(String.valueOf(e.getMessage()), count, options, values);
      return CUresult.CUDA_ERROR_INVALID_PTX;
    }
  }

  @Export("cuModuleUnload")
  int unload(long module) {
    state.currentOutsideCapture();
    StandInModule gone = state.modules.remove(module);
    state.functions.removeIf(function -> function.module() == gone);
    for (String variable : gone.kernels().variables()) {
      gone.context().takeBack(gone.kernels().variable(variable));
    }
    gone.kernels().close();
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuModuleGetFunction")
  int function(MemorySegment function, long module, MemorySegment name) {
    state.current();
    StandInModule in = state.modules.get(module);
    String wanted = Host.text(name);
    for (PtxKernel kernel : in.text().kernels()) {
      if (kernel.name().equals(wanted)) {
        Host.set(function, state.functions.add(new StandInFunction(in, kernel)));
        return CUresult.CUDA_SUCCESS;
      }
    }
    return CUresult.CUDA_ERROR_NOT_FOUND;
  }

  /** Both results may be left out; the name must be the PTX's own. */
  @Export("cuModuleGetGlobal_v2")
  int variable(MemorySegment address, MemorySegment bytes, long module, MemorySegment name) {
    StandInContext context = state.current();
    StandInModule in = state.modules.get(module);
    String wanted = Host.text(name);
    if (!in.kernels().variables().contains(wanted)) {
      return CUresult.CUDA_ERROR_NOT_FOUND;
    }
    DeviceBuffer variable = in.kernels().variable(wanted);
    in.context().lend(variable);
    Host.setIfAsked(address, variable.address());
    Host.setIfAsked(bytes, variable.bytes());
    return CUresult.CUDA_SUCCESS;
  }

  private static void log(String text, int count, MemorySegment options, MemorySegment values) {
    MemorySegment buffer = MemorySegment.NULL;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      int option = Host.at(options, 4L * count).getAtIndex(JAVA_INT, i);
      MemorySegment all = Host.at(values, 8L * count);
      if (option == CUjit_option.CU_JIT_ERROR_LOG_BUFFER) {
        buffer = all.getAtIndex(ADDRESS, i);
      } else if (option == CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
        bytes = all.getAtIndex(JAVA_LONG, i) & 0xffff_ffffL;
      }
    }
    if (buffer.address() != 0 && bytes > 0) {
      byte[] message = text.getBytes(StandardCharsets.UTF_8);
      int fits = (int) Math.min(message.length, bytes - 1);
      MemorySegment target = Host.at(buffer, bytes).fill((byte) 0);
      MemorySegment.copy(MemorySegment.ofArray(message), 0, target, 0, fits);
    }
  }
}
