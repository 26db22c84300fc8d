package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.intrinsic.HalfFormat;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Of {@link Forms}, those on 16-bit floats and pairs of them, which keep to bits. */
final class HalfForms {
  private static final ClassDesc FORMAT = HalfFormat.class.describeConstable().orElseThrow();

  private HalfForms() {}

  static void add() {
    for (HalfFormat format : HalfFormat.values()) {
      String type = format.name().toLowerCase(Locale.ROOT);
      for (String name : List.of("neg", "abs")) {
        add(name, name, type, 1, format);
      }
      for (String name : List.of("add", "sub", "mul", "min", "max")) {
        add(name, name, type, 2, format);
      }
      add("min.NaN", "minNaN", type, 2, format);
      add("max.NaN", "maxNaN", type, 2, format);
      add("fma", "fma", type, 3, format);
    }
  }

  private static void add(String opcode, String name, String type, int sources, HalfFormat format) {
    Forms.form(opcode + "." + type, "h".repeat(sources + 1), call(name, sources, format));
    Forms.form(
        opcode + "." + type + "x2", "i".repeat(sources + 1), call(name + "Pairs", sources, format));
  }

  private static Consumer<CodeBuilder> call(String name, int sources, HalfFormat format) {
    Class<?>[] parameters =
        Stream.concat(Stream.generate(() -> int.class).limit(sources), Stream.of(HalfFormat.class))
            .toArray(Class<?>[]::new);
    Consumer<CodeBuilder> call = Forms.call(HalfMath.class, name, parameters);
    return c -> call.accept(c.getstatic(FORMAT, format.name(), FORMAT));
  }
}
