package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Work recorded once is queued as often as one likes, with the arguments it was recorded with. */
class RecordedWorkTests {
  private static final String PTX =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry add(.param .u64 at, .param .u32 value)
      {
        .reg .b64 %rd<2>;
        .reg .b32 %r<4>;
        ld.param.u64 %rd1, [at];
        ld.param.u32 %r1, [value];
        ld.global.u32 %r2, [%rd1];
        add.u32 %r3, %r1, %r2;
        st.global.u32 [%rd1], %r3;
        ret;
      }
      """;

  private static final MatrixProduct ONE =
      new MatrixProduct(DType.F32, DType.F32, false, 1, 1, 1, false, false, false);

  private final Device device = TestDevices.simulator();
  private final Stream stream = device.newStream();
  private final KernelModule module = device.load(KernelImage.ofPtx("adding", PTX));
  private final DeviceBuffer buffer = device.allocate(16);

  @AfterEach
  void close() {
    buffer.close();
    module.close();
    stream.close();
    device.close();
  }

  @Test
  void itIsQueuedAsOftenAsOneLikes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment start = arena.allocate(4, 4);
      MemorySegment out = arena.allocate(16, 4);
      stream.fill(buffer, 0, 16, (byte) -1);
      KernelArgs args = new KernelArgs();
      RecordedWork work =
          RecordedWork.of(
              recorder -> {
                recorder.copyToDevice(buffer, 0, start);
                recorder.fill(buffer, 8, 4, (byte) 0);
                for (int value : new int[] {100, 20}) {
                  recorder.launch(
                      module.kernel("add"),
                      Launch.of(1, 1),
                      args.reset().address(buffer, 0).int32(value));
                }
                recorder.copyOnDevice(buffer, 4, buffer, 0, 4);
                recorder.copyToHost(out, buffer, 0);
              });
      stream.synchronize();
      assertThat(ints(out)).as("nothing happened yet").containsExactly(0, 0, 0, 0);
      for (int n = 1; n <= 2; n++) {
        start.set(ValueLayout.JAVA_INT, 0, n);
        work.queue(stream);
        stream.synchronize();
        assertThat(ints(out)).containsExactly(120 + n, 120 + n, 0, -1);
      }
    }
  }

  private static int[] ints(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_INT);
  }

  @Test
  void productsOfLibrariesGoToTheStreamTheyAreQueuedOn() {
    MatrixProducts library =
        new MatrixProducts() {
          @Override
          public void prepare(Stream on) {}

          @Override
          public void multiply(Stream on, MatrixProduct product, long a, long b, long c) {
            assertThat(on).isSameAs(stream);
            on.fill(buffer, a, b, (byte) c);
          }

          @Override
          public void close() {}
        };
    RecordedWork work = RecordedWork.of(recorder -> recorder.multiply(library, ONE, 4, 8, 7));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(16, 4);
      stream.fill(buffer, 0, 16, (byte) 0);
      work.queue(stream);
      stream.copyToHost(out, buffer, 0);
      stream.synchronize();
      assertThat(ints(out)).containsExactly(0, 0x07070707, 0x07070707, 0);
    }
  }

  @Test
  void whatCannotBeRepeatedIsRefused() {
    try (Event event = device.newEvent()) {
      for (Consumer<Stream> work :
          List.<Consumer<Stream>>of(
              Stream::synchronize, Stream::close, s -> s.record(event), s -> s.await(event))) {
        assertThatThrownBy(() -> RecordedWork.of(work))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith("this stream records");
      }
    }
  }
}
