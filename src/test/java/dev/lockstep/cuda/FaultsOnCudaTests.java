package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kernels and callers do wrong: said once, clearly, and nothing that is not closed after. */
@OnStandIn
class FaultsOnCudaTests {
  /** An address of each kind a kernel must not store to. */
  @ParameterizedTest
  @CsvSource({
    "a null pointer,       0,                  700, CUDA_ERROR_ILLEGAL_ADDRESS",
    "freed or never given, 0x123456789000,     700, CUDA_ERROR_ILLEGAL_ADDRESS",
    "no address at all,    0xdead00000000dea0, 700, CUDA_ERROR_ILLEGAL_ADDRESS",
  })
  void aBadPointerInAKernelIsError700(String kind, String address, int code, String name) {
    try (Bench bench = new Bench()) {
      bench.store(Long.parseUnsignedLong(address.replace("0x", ""), 16));
      assertThat(bench.failure(bench.stream::synchronize))
          .hasMessageContaining("cuStreamSynchronize failed with " + code + ": " + name)
          .hasMessageContaining("store");
    }
  }

  @Test
  void aStorePastTheEndOfABufferIsError700() {
    try (Bench bench = new Bench();
        DeviceBuffer buffer = bench.device.allocate(64)) {
      bench.store(buffer.address() + 64);
      assertEquals(700, bench.failure(bench.stream::synchronize).code());
    }
  }

  @Test
  void aMisalignedAddressIsError716AndATrapIsError719() {
    try (Bench bench = new Bench();
        DeviceBuffer buffer = bench.device.allocate(64)) {
      bench.store(buffer.address() + 2);
      assertEquals(716, bench.failure(bench.stream::synchronize).code());
    }
    try (Bench bench = new Bench()) {
      bench.launch("stop");
      assertEquals(719, bench.failure(bench.stream::synchronize).code());
    }
  }

  @Test
  void theErrorSticksToEveryLaterCall() {
    try (Bench bench = new Bench();
        DeviceBuffer buffer = bench.device.allocate(64);
        Arena arena = Arena.ofConfined()) {
      bench.store(8);
      ThrowingCallable[] calls = {
        () -> bench.stream.copyToDevice(buffer, 0, arena.allocate(8)),
        () -> bench.stream.fill(buffer, 0, 8, (byte) 0),
        () -> bench.launch("nothing"),
        bench.stream::synchronize,
        () -> bench.device.allocate(8),
        bench.device::newStream,
        bench.device::newEvent,
        () -> bench.device.load(KernelImage.ofPtx("again", CudaTour.PTX)),
      };
      for (ThrowingCallable call : calls) {
        assertEquals(700, bench.failure(call).code());
      }
    }
  }

  /** The context is lost, and was said to be: giving things back must not hide that, nor fail. */
  @Test
  void afterAFaultAllCanBeClosedAndTheDeviceOpenedAgain() {
    Bench bench = new Bench();
    DeviceBuffer buffer = bench.device.allocate(64);
    bench.store(8);
    bench.failure(bench.stream::synchronize);
    buffer.close();
    bench.close();
    CudaTour.run();
  }

  @Test
  void aFaultNobodyWaitedForIsReportedByTheFirstClose() {
    Bench bench = new Bench();
    bench.store(8);
    assertEquals(700, bench.failure(bench.stream::close).code());
    bench.close();
    CudaTour.run();
  }

  @Test
  void allKernelsSinceTheLastWaitAreNamed() {
    try (Bench bench = new Bench()) {
      bench.launch("nothing");
      bench.stream.synchronize();
      bench.store(8);
      DeviceException failure = bench.failure(() -> bench.launch("stop"));
      assertThat(failure).hasMessageContaining("store").hasMessageNotContaining("nothing");
    }
  }

  /** Straight to the driver, as no buffer of ours would allow it. */
  @Test
  void aCopyToAnAddressNobodyAllocatedIsRefusedAndNotFollowed() {
    try (Bench bench = new Bench()) {
      bench.device.allocate(8).close();
      assertThat(JCudaDriver.cuMemsetD8(new CUdeviceptr(), (byte) 0, 16))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertEquals(700, bench.failure(bench.stream::synchronize).code());
    }
  }

  @Test
  void outOfMemorySaysWhatWasAskedAndWhatIsFree() {
    try (Bench bench = new Bench()) {
      long total = bench.device.info().memoryBytes();
      long asked = 1L << 45;
      assertThatThrownBy(() -> bench.device.allocate(asked))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("cuMemAlloc failed with 2: CUDA_ERROR_OUT_OF_MEMORY")
          .hasMessageContaining("for " + asked + " bytes")
          .hasMessageContaining("of " + total + " bytes are free");
      bench.launch("nothing");
      bench.stream.synchronize();
    }
  }

  /** A device with the tour's kernels. */
  private static final class Bench implements AutoCloseable {
    final Device device = StandInDriver.open();
    final KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
    final Stream stream = device.newStream();
    private final KernelArgs args = new KernelArgs();

    void store(long address) {
      stream.launch(module.kernel("store"), CudaTour.one(), args.reset().int64(address).int32(1));
    }

    void launch(String kernel) {
      stream.launch(module.kernel(kernel), CudaTour.one(), args.reset());
    }

    DeviceException failure(ThrowingCallable call) {
      return catchThrowableOfType(DeviceException.class, call);
    }

    @Override
    public void close() {
      stream.close();
      module.close();
      device.close();
    }
  }
}
