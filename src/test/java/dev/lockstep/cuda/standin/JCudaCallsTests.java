package dev.lockstep.cuda.standin;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import jcuda.Pointer;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls the CUDA device does not make, through JCuda as it is: the stand-in by itself. */
@OnStandIn
class JCudaCallsTests {
  private static final String PTX =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry add(.param .u64 at, .param .u32 value)
      .maxntid 256
      {
        .reg .b64 %rd<3>;
        .reg .b32 %r<5>;
        .shared .align 4 .b8 scratch[40960];
        ld.param.u64 %rd1, [at];
        ld.param.u32 %r1, [value];
        mov.u32 %r2, %tid.x;
        mul.wide.u32 %rd2, %r2, 4;
        add.s64 %rd1, %rd1, %rd2;
        ld.global.u32 %r3, [%rd1];
        add.s32 %r4, %r3, %r1;
        st.global.u32 [%rd1], %r4;
        ret;
      }
      """;

  /** Handles with their numbers in reach. */
  private static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Memory extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final Function add = new Function();
  private final Memory memory = new Memory();
  private final ByteBuffer host = ByteBuffer.allocateDirect(256).order(ByteOrder.nativeOrder());

  @BeforeEach
  void open() {
    StandInDriver.open().close(); // JCuda's library is loaded
    CUdevice gpu = new CUdevice();
    succeed(cuDeviceGet(gpu, 0));
    succeed(cuCtxCreate(context, 0, gpu));
    succeed(cuStreamCreate(stream, 0));
    CUmodule module = new CUmodule();
    succeed(
        cuModuleLoadData(
            module, (PTX + "\0").getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    succeed(cuModuleGetFunction(add, module, "add"));
    succeed(cuMemAlloc(memory, 256));
    succeed(cuMemsetD8(memory, (byte) 0, 256));
  }

  @AfterEach
  void close() {
    succeed(cuCtxDestroy(context));
  }

  private static void succeed(int code) {
    assertThat(code).as(CUresult.stringFor(code)).isZero();
  }

  private int read(int index) {
    succeed(cuMemcpyDtoH(Pointer.to(host), memory, 256));
    return host.getInt(4 * index);
  }

  @Test
  void parametersMayComeOneByOne() {
    host.putInt(0, 5);
    Pointer parameters = Pointer.to(Pointer.to(memory), Pointer.to(host));
    succeed(cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, stream, parameters, null));
    succeed(cuStreamSynchronize(stream));
    assertThat(read(63)).isEqualTo(5);
  }

  @Test
  void aLaunchBeyondTheKernelsLimitsIsRefusedAndBreaksNothing() {
    Pointer parameters = Pointer.to(Pointer.to(memory), Pointer.to(host));
    assertThat(cuLaunchKernel(add, 1, 1, 1, 257, 1, 1, 0, stream, parameters, null)).isEqualTo(1);
    assertThat(cuLaunchKernel(add, 1, 1, 1, 0, 1, 1, 0, stream, parameters, null)).isEqualTo(1);
    assertThat(cuLaunchKernel(add, 1, 1, 1, 1, 1, 1, 49 << 10, stream, parameters, null))
        .isEqualTo(1);
    assertThat(cuLaunchCooperativeKernel(add, 1, 1, 1, 1, 1, 1, 0, stream, parameters))
        .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
    succeed(cuStreamSynchronize(stream));
  }

  /** On a GPU before compute capability 9.0, which this one is, a cluster is one block. */
  @Test
  void launchKernelExTakesAConfiguration() throws Throwable {
    MethodHandle launch =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.libraryLookup("libcuda.so.1", Arena.global())
                    .find("cuLaunchKernelEx")
                    .orElseThrow(),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment configuration = arena.allocate(56, 8);
      for (int at = 0; at < 24; at += 4) {
        configuration.set(ValueLayout.JAVA_INT, at, at == 12 ? 64 : 1);
      }
      MemorySegment attributes = arena.allocate(2 * 72, 8);
      configuration.set(ValueLayout.ADDRESS, 40, attributes);
      configuration.set(ValueLayout.JAVA_INT, 48, 2); // the first of them says nothing
      attributes.set(ValueLayout.JAVA_INT, 72, 4); // the size of clusters
      MemorySegment cluster = attributes.asSlice(80, 12);
      MemorySegment parameters = arena.allocate(ValueLayout.ADDRESS, 2);
      parameters.setAtIndex(
          ValueLayout.ADDRESS, 0, arena.allocateFrom(ValueLayout.JAVA_LONG, memory.address()));
      parameters.setAtIndex(ValueLayout.ADDRESS, 1, arena.allocateFrom(ValueLayout.JAVA_INT, 5));
      record Case(int x, int code) {}
      for (Case one :
          List.of(
              new Case(1, 0),
              new Case(0, CUresult.CUDA_ERROR_INVALID_CLUSTER_SIZE),
              new Case(2, CUresult.CUDA_ERROR_INVALID_CLUSTER_SIZE))) { // no divisor of the grid
        cluster.copyFrom(MemorySegment.ofArray(new int[] {one.x, 1, 1}));
        assertThat(
                (int)
                    launch.invokeExact(
                        configuration, add.address(), parameters, MemorySegment.NULL))
            .as("cluster of %d", one.x)
            .isEqualTo(one.code);
      }
      configuration.set(ValueLayout.JAVA_INT, 0, 2);
      assertThat(
              (int)
                  launch.invokeExact(configuration, add.address(), parameters, MemorySegment.NULL))
          .as("a divisor, but there are no clusters")
          .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
      attributes.set(ValueLayout.JAVA_INT, 72, 2); // cooperative
      assertThat(
              (int)
                  launch.invokeExact(configuration, add.address(), parameters, MemorySegment.NULL))
          .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
      assertThat(read(63)).as("launched once").isEqualTo(5);
    }
  }

  @Test
  void fillsOfAllWidthsAndOfRectangles() {
    succeed(cuMemsetD32(memory, 0x01020304, 64));
    succeed(cuMemsetD16Async(memory, (short) 0x0506, 3, stream));
    succeed(cuMemsetD2D8(memory.withByteOffset(129), 64, (byte) 7, 2, 2));
    succeed(cuStreamSynchronize(stream));
    assertThat(read(0)).isEqualTo(0x05060506);
    assertThat(read(1)).isEqualTo(0x01020506);
    assertThat(read(32)).isEqualTo(0x01070704);
    assertThat(read(48)).isEqualTo(0x01070704);
    assertThat(cuMemsetD32(memory.withByteOffset(2), 0, 1)).isEqualTo(1);
  }

  @Test
  void rectanglesAreCopiedRowByRow() {
    for (int i = 0; i < 64; i++) {
      host.putInt(4 * i, i);
    }
    CUDA_MEMCPY2D copy = new CUDA_MEMCPY2D();
    copy.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
    copy.srcHost = Pointer.to(host);
    copy.srcPitch = 32;
    copy.srcXInBytes = 4;
    copy.srcY = 1;
    copy.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = memory;
    copy.dstPitch = 64;
    copy.dstXInBytes = 8;
    copy.WidthInBytes = 8;
    copy.Height = 3;
    succeed(cuMemcpy2D(copy));
    assertThat(read(1)).isZero();
    assertThat(read(2)).isEqualTo(9);
    assertThat(read(3)).isEqualTo(10);
    assertThat(read(4)).isZero();
    assertThat(read(34)).isEqualTo(25);
    copy.Height = 5;
    assertThat(cuMemcpy2D(copy)).as("the fifth row lies outside").isEqualTo(700);
  }

  @Test
  void pinnedMemoryIsTheHosts() {
    Pointer pinned = new Pointer();
    succeed(cuMemHostAlloc(pinned, 64, 0));
    succeed(cuMemsetD32(memory, 9, 16));
    succeed(cuMemcpyDtoHAsync(pinned, memory, 64, stream));
    succeed(cuStreamSynchronize(stream));
    assertThat(pinned.getByteBuffer(0, 64).order(ByteOrder.nativeOrder()).getInt(60)).isEqualTo(9);
    succeed(cuMemFreeHost(pinned));
    assertThat(cuMemFreeHost(pinned)).as("twice").isEqualTo(1);
  }

  @Test
  void memoryIsAccountedForAndNotFreedTwice() {
    long[] before = new long[1];
    long[] after = new long[1];
    long[] total = new long[1];
    succeed(cuMemGetInfo(before, total));
    CUdeviceptr more = new CUdeviceptr();
    succeed(cuMemAllocAsync(more, 1000, stream));
    succeed(cuMemGetInfo(after, total));
    assertThat(before[0] - after[0]).isEqualTo(1000);
    succeed(cuMemFreeAsync(more, stream));
    assertThat(cuMemFree(more)).isEqualTo(1);
    assertThat(cuMemAlloc(more, 0)).isEqualTo(1);
    assertThat(cuMemAlloc(more, total[0] + 1)).isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
  }

  @Test
  void eventsKeepTimeUnlessAskedNotTo() {
    CUevent first = new CUevent();
    CUevent second = new CUevent();
    CUevent timeless = new CUevent();
    succeed(cuEventCreate(first, 0));
    succeed(cuEventCreate(second, 0));
    succeed(cuEventCreate(timeless, CUevent_flags.CU_EVENT_DISABLE_TIMING));
    float[] milliseconds = new float[1];
    assertThat(cuEventElapsedTime(milliseconds, first, second))
        .as("never recorded")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
    succeed(cuEventRecord(first, stream));
    succeed(cuEventRecord(second, stream));
    succeed(cuEventRecord(timeless, stream));
    succeed(cuStreamWaitEvent(stream, second, 0));
    succeed(cuEventSynchronize(second));
    succeed(cuEventElapsedTime(milliseconds, first, second));
    assertThat(milliseconds[0]).isBetween(0f, 60_000f);
    assertThat(cuEventElapsedTime(milliseconds, first, timeless))
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
  }

  @Test
  void aStreamCallsFunctionsOfTheHostOnAThreadOfItsOwn() {
    AtomicReference<Thread> called = new AtomicReference<>();
    AtomicReference<Object> given = new AtomicReference<>();
    succeed(
        cuStreamAddCallback(
            stream,
            (ofStream, status, data) -> {
              called.set(Thread.currentThread());
              given.set(data);
            },
            "data",
            0));
    succeed(cuStreamSynchronize(stream));
    assertThat(called.get()).isNotNull().isNotEqualTo(Thread.currentThread());
    assertThat(given.get()).isEqualTo("data");
  }

  @Test
  void attributesAndOccupancyAreThoseOfTheKernel() {
    int[] value = new int[1];
    succeed(
        cuFuncGetAttribute(
            value, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, add));
    assertThat(value[0]).isEqualTo(256);
    succeed(
        cuFuncGetAttribute(value, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, add));
    assertThat(value[0]).isEqualTo(40960);
    // An A100's 164 KiB hold four blocks of 40 KiB, of which one more KiB each is the system's,
    // no longer; without shared memory 8 blocks of 256 threads fit.
    succeed(cuOccupancyMaxActiveBlocksPerMultiprocessor(value, add, 256, 0));
    assertThat(value[0]).isEqualTo(4);
    succeed(cuOccupancyMaxActiveBlocksPerMultiprocessor(value, add, 256, 1024));
    assertThat(value[0]).isEqualTo(3);
    assertThat(cuOccupancyMaxActiveBlocksPerMultiprocessor(value, add, 257, 0)).isEqualTo(1);
  }

  @Test
  void handlesOfThingsThatAreGoneAreRefused() {
    CUstream gone = new CUstream();
    succeed(cuStreamCreate(gone, 0));
    succeed(cuStreamDestroy(gone));
    assertThat(cuStreamSynchronize(gone)).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
    assertThat(cuStreamDestroy(gone)).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
  }

  @Test
  void memoryOfOneContextIsNotInAnother() {
    CUcontext other = new CUcontext();
    CUdevice gpu = new CUdevice();
    succeed(cuDeviceGet(gpu, 0));
    succeed(cuCtxCreate(other, 0, gpu));
    assertThat(cuMemcpyDtoH(Pointer.to(host), memory, 4)).isEqualTo(700);
    succeed(cuCtxDestroy(other));
    succeed(cuCtxSetCurrent(context));
    read(0);
  }

  @Test
  void codesHaveNamesAndWords() {
    String[] text = new String[1];
    succeed(cuGetErrorName(700, text));
    assertThat(text[0]).isEqualTo("CUDA_ERROR_ILLEGAL_ADDRESS");
    succeed(cuGetErrorString(2, text));
    assertThat(text[0]).isEqualTo("out of memory");
    assertThat(cuGetErrorString(12345, text)).isEqualTo(1);
  }
}
