package dev.lockstep.simulator.op;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.PrintFormat;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A call of a function that CUDA's runtime has on the device; lane after lane. */
public final class SystemCall extends Op {
  /** The functions there are, by their names in PTX. */
  public enum Function {
    VPRINTF("vprintf", 2),
    ASSERT_FAIL("__assertfail", 5),
    MALLOC("malloc", 1),
    FREE("free", 1);

    private final String spelling;
    private final int parameters;

    Function(String spelling, int parameters) {
      this.spelling = spelling;
      this.parameters = parameters;
    }

    public String spelling() {
      return spelling;
    }

    public int parameters() {
      return parameters;
    }
  }

  private final Function function;
  private final int[] arguments;
  private final int result;
  private final Address memory;

  /**
   * @param arguments long registers
   * @param result long register
   */
  public SystemCall(Function function, List<Slot<long[]>> arguments, Slot<long[]> result) {
    this.function = function;
    this.arguments = arguments.stream().mapToInt(Slot::index).toArray();
    this.result = result.index();
    this.memory = new Address(StateSpace.GENERIC, arguments.get(0), 0);
  }

  @Override
  public void execute(Warp w) {
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      w.longs[result][lane] =
          switch (function) {
            case VPRINTF -> print(w, lane);
            case ASSERT_FAIL -> throw assertion(w, lane);
            case MALLOC -> allocate(w, lane);
            case FREE -> free(w, lane);
          };
    }
  }

  private long argument(Warp w, int lane, int n) {
    return w.longs[arguments[n]][lane];
  }

  private int print(Warp w, int lane) {
    long format = argument(w, lane, 0);
    long buffer = argument(w, lane, 1);
    if (format == 0) {
      return -1;
    }
    PrintFormat.Printed printed =
        PrintFormat.format(
            string(w, lane, format),
            new PrintFormat.Arguments() {
              @Override
              public int int32(long offset) {
                long at = memory.locate(w, lane, buffer + offset, 4, "printf argument");
                return w.located().get(ValueLayout.JAVA_INT_UNALIGNED, at);
              }

              @Override
              public long int64(long offset) {
                long at = memory.locate(w, lane, buffer + offset, 8, "printf argument");
                return w.located().get(ValueLayout.JAVA_LONG_UNALIGNED, at);
              }
            },
            address -> string(w, lane, address));
    return w.print(printed.text()) ? printed.count() : -1;
  }

  /** As CUDA words it. */
  private DeviceFault assertion(Warp w, int lane) {
    Dim3 block = w.site(lane).block();
    Dim3 thread = w.site(lane).thread();
    return new DeviceFault.AssertionFailed(
        "%s:%d: %s: block: [%d,%d,%d], thread: [%d,%d,%d] Assertion `%s` failed."
            .formatted(
                string(w, lane, argument(w, lane, 1)),
                (int) argument(w, lane, 2),
                string(w, lane, argument(w, lane, 3)),
                block.x(),
                block.y(),
                block.z(),
                thread.x(),
                thread.y(),
                thread.z(),
                string(w, lane, argument(w, lane, 0))),
        w.site(lane));
  }

  private long allocate(Warp w, int lane) {
    return w.global().heap().allocate(argument(w, lane, 0), () -> w.site(lane).toString());
  }

  private long free(Warp w, int lane) {
    long address = argument(w, lane, 0);
    if (!w.global().heap().free(address)) {
      throw new DeviceFault.IllegalAddress(
          "free", address, "malloc gave no such address", w.site(lane));
    }
    return 0;
  }

  /** The bytes up to a zero, one char each. */
  private String string(Warp w, int lane, long address) {
    StringBuilder text = new StringBuilder();
    for (long at = address; ; at++) {
      long place = memory.locate(w, lane, at, 1, "string");
      byte b = w.located().get(ValueLayout.JAVA_BYTE, place);
      if (b == 0) {
        return text.toString();
      }
      text.append((char) (b & 0xff));
    }
  }
}
