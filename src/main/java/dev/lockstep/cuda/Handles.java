package dev.lockstep.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * JCuda's handles with their raw values in reach, which JCuda keeps protected: the launch path
 * passes them to the driver itself.
 */
final class Handles {
  private Handles() {}

  /** Host memory outside the Java heap, as JCuda wants it named. */
  static final class Host extends Pointer {
    Host(MemorySegment segment) {
      super(segment.address());
    }
  }

  static final class Gpu extends CUdevice {
    int number() {
      return (int) getNativePointer();
    }
  }

  static final class Context extends CUcontext {
    long address() {
      return getNativePointer();
    }
  }

  static final class Memory extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  static final class Module extends CUmodule {
    long address() {
      return getNativePointer();
    }
  }

  static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

  static final class Queue extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  static final class Executable extends CUgraphExec {
    long address() {
      return getNativePointer();
    }
  }

  static final class Moment extends CUevent {
    long address() {
      return getNativePointer();
    }
  }
}
