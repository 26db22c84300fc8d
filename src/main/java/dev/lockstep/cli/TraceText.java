package dev.lockstep.cli;

import dev.lockstep.check.run.ElementType;
import dev.lockstep.device.KernelTracer.Step;
import dev.lockstep.device.KernelTracer.Value;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lines for an executed instruction: where, which lanes, what; then a line for each register. */
final class TraceText {
  private TraceText() {}

  static List<String> lines(Step step) {
    Instruction in = step.instruction();
    List<String> lines = new ArrayList<>();
    String source = step.source().isEmpty() ? "" : "  // " + step.source();
    lines.add("%5d  %08x  %s%s".formatted(in.line(), step.active(), in.text(), source));
    for (Value value : step.values()) {
      String values = values(value, in, step.active());
      if (!values.isEmpty()) {
        lines.add(
            "                 %s %s %s"
                .formatted(value.register().name(), value.written() ? "=" : "is", values));
      }
    }
    return lines;
  }

  /** The active lanes' values; one, where they are all the same. */
  private static String values(Value value, Instruction in, int active) {
    List<String> lanes = new ArrayList<>();
    for (int lane = 0; lane < 32; lane++) {
      if ((active >>> lane & 1) != 0) {
        lanes.add(text(value, lane, in));
      }
    }
    if (lanes.size() > 1 && lanes.stream().distinct().count() == 1) {
      return lanes.getFirst() + " in all";
    }
    return lanes.stream().collect(Collectors.joining(" "));
  }

  private static String text(Value value, int lane, Instruction in) {
    Register register = value.register();
    long bits = value.lanes().get(lane);
    if (!value.high().isEmpty()) {
      return "0x%016x%016x".formatted(value.high().get(lane), bits);
    }
    ElementType type = shownAs(register.type(), in);
    // Addresses are what large numbers in 64 bits mostly are.
    boolean address = type.bytes() == 8 && !type.isFloat() && bits >>> 32 != 0 && bits >> 31 != -1;
    return address ? "0x%x".formatted(bits) : type.format(bits);
  }

  /** Registers of nvcc's have no type but a width: the instruction knows how it is meant. */
  private static ElementType shownAs(ScalarType declared, Instruction in) {
    if (declared == ScalarType.PRED) {
      return ElementType.U8;
    }
    ElementType own = element(declared);
    if (own != null && !declared.spelling().startsWith("b")) {
      return own;
    }
    for (String modifier : in.modifiers()) {
      ScalarType type = ScalarType.named(modifier);
      ElementType meant = type == null ? null : element(type);
      if (meant != null && meant.bytes() == declared.bytes()) {
        return meant;
      }
    }
    return own != null ? own : Objects.requireNonNull(element(width(declared)));
  }

  /** Null for predicates, pairs and what else is no number of its own. */
  private static @Nullable ElementType element(ScalarType type) {
    for (ElementType element : ElementType.values()) {
      if (element.spelling().equals(type.spelling())) {
        return element;
      }
    }
    return null;
  }

  private static ScalarType width(ScalarType type) {
    return switch (type.bytes()) {
      case 2 -> ScalarType.B16;
      case 4 -> ScalarType.B32;
      default -> ScalarType.B64;
    };
  }
}
