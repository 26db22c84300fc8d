package dev.lockstep.simulator.jit;

import dev.lockstep.device.ExecutionTier;
import dev.lockstep.simulator.execution.Op;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The second tier: has hot segments of a kernel's code turned into classes of their own, whose
 * methods the virtual machine then compiles to machine code. Results are the interpreter's, bit for
 * bit.
 */
public final class SegmentCompiler {
  /** Generates classes beside the workers; ends with the program. */
  private static final ExecutorService COMPILER =
      Executors.newSingleThreadExecutor(
          task -> Thread.ofPlatform().daemon().name("lockstep-sim-compiler").unstarted(task));

  private static final LaneCodes CODES = new LaneCodes();

  private SegmentCompiler() {}

  /** Arranges for the segments of a kernel to be compiled, at once or when they turn out hot. */
  public static void install(List<Segment> segments, Op[] code, ExecutionTier tier) {
    for (Segment segment : segments) {
      switch (tier) {
        case INTERPRETED -> {}
        case AUTO -> code[segment.pc()] = new HotSegment(segment, code);
        case COMPILED ->
            code[segment.pc()] =
                define(new SegmentClass(segment, CODES), segment, code[segment.pc()]);
      }
    }
  }

  /**
   * Has the code of a segment take over once it is quick.
   *
   * @param sample what it may be tried on
   */
  static void compileLater(Segment segment, Op first, Op[] code, Sample sample) {
    COMPILER.execute(
        () -> {
          SegmentClass generated = new SegmentClass(segment, CODES);
          generated.rehearse(sample);
          code[segment.pc()] = define(generated, segment, first);
        });
  }

  private static Op define(SegmentClass generated, Segment segment, Op first) {
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(generated.bytes(), generated.constants(), true);
      return (Op)
          lookup
              .lookupClass()
              .getConstructor(Op.class, Segment.class, SomeLanes.class)
              .newInstance(first, segment, generated.someLanes());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("generated class of segment at " + segment.pc(), e);
    }
  }
}
