package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.Element;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Load;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Store;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads, stores and cache hints (PTX ISA 9.7.9). Hints and scopes change nothing here; {@code
 * acquire} and {@code release} are fences.
 */
final class MemoryDecoder {
  private final Instruction in;
  private final Emitter e;

  private MemoryDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    MemoryDecoder decoder = new MemoryDecoder(in, emitter);
    switch (in.opcode()) {
      case "ld", "ldu" -> decoder.load();
      case "st" -> decoder.store();
      default -> emitter.emit(new Nothing());
    }
  }

  private void load() {
    StateSpace space = space(in);
    ScalarType type = Decoder.type(in);
    List<Operand> targets = Decoder.elements(operand(in, 0));
    requireCount(targets);
    Address address = null;
    long fixed = -1;
    if (space == StateSpace.PARAM
        && operand(in, 1)
            instanceof Operand.Address(Operand.Symbol(String name, long more), long offset)) {
      fixed = parameter(name, more + offset, targets.size() * type.bytes());
    } else {
      address = e.address(operand(in, 1), space);
    }
    List<Slot<?>> slots = new ArrayList<>();
    Element element = element(type, targets.get(0));
    for (Operand target : targets) {
      slots.add(
          switch (element.file()) {
            case Slot.FLOATS -> e.toF32(target);
            case Slot.DOUBLES -> e.toF64(target);
            case Slot.LONGS -> e.toB64(target);
            default -> signed(target, type);
          });
    }
    int[] d = slots.stream().mapToInt(Slot::index).toArray();
    if (address == null) {
      e.emit(new Load.Parameter(element, fixed, d));
    } else {
      e.emit(new Load(element, address, d));
    }
    if (in.has("acquire")) {
      e.emit(new Fence());
    }
  }

  /** Narrow loads come extended to 32 bits; a wider register takes the sign further. */
  private Slot<int[]> signed(Operand target, ScalarType type) {
    if (type.isSigned()
        && target instanceof Operand.Reg(Register r)
        && Registers.file(r.type()) == Slot.LONGS) {
      Slot<int[]> value = e.registers.temporaryInt();
      e.emitAfter(new Lanes1<>(ConversionLanes::signedToLong, e.toB64(target), value));
      return value;
    }
    return e.toB32(target);
  }

  private void store() {
    StateSpace space = space(in);
    ScalarType type = Decoder.type(in);
    Address address = e.address(operand(in, 0), space);
    List<Operand> sources = Decoder.elements(operand(in, 1));
    requireCount(sources);
    Element element = element(type, sources.get(0));
    List<Slot<?>> slots = new ArrayList<>();
    for (Operand source : sources) {
      slots.add(
          switch (element.file()) {
            case Slot.FLOATS -> e.f32(source);
            case Slot.DOUBLES -> e.f64(source);
            case Slot.LONGS -> e.b64(source);
            default -> e.b32(source);
          });
    }
    if (in.has("release")) {
      e.emit(new Fence());
    }
    e.emit(new Store(element, address, slots.stream().mapToInt(Slot::index).toArray()));
  }

  private void requireCount(List<Operand> elements) {
    int count = in.has("v2") ? 2 : in.has("v4") ? 4 : 1;
    if (elements.size() != count || count * Decoder.type(in).bytes() > 16) {
      throw new Unsupported(elements.size() + " elements of ." + Decoder.type(in).spelling());
    }
  }

  private long parameter(String name, long offset, int bytes) {
    Symbols.Place place = e.symbols.find(name);
    if (place == null || place.space() != StateSpace.PARAM) {
      throw new Unsupported("no parameter " + name);
    }
    if (offset < 0 || offset + bytes > place.bytes()) {
      throw new Unsupported("reads past the end of parameter " + name);
    }
    return place.address() + offset;
  }

  /** The register decides between float and int of one size: the bits in memory are the same. */
  static Element element(ScalarType type, Operand register) {
    boolean floats =
        register instanceof Operand.Reg(Register r)
            && (Registers.file(r.type()) == Slot.FLOATS
                || Registers.file(r.type()) == Slot.DOUBLES);
    return switch (type) {
      case F32, B32, U32, S32, F16X2, BF16X2, TF32 -> floats ? Element.FLOAT : Element.INT;
      case F64, B64, U64, S64 -> floats ? Element.DOUBLE : Element.LONG;
      case B16, U16, F16, BF16 -> Element.U16;
      case S16 -> Element.S16;
      case B8, U8 -> Element.U8;
      case S8 -> Element.S8;
      case PRED, B128 -> throw new Unsupported("memory access of ." + type.spelling());
    };
  }

  /** The space among the modifiers, after a look at all of them. */
  static StateSpace space(Instruction in) {
    StateSpace found = StateSpace.GENERIC;
    for (String modifier : in.modifiers()) {
      StateSpace space = StateSpace.named(modifier);
      if (space != null) {
        found = space;
      } else if (ScalarType.named(modifier) == null && !isHint(modifier)) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
    return found;
  }

  private static boolean isHint(String modifier) {
    return switch (modifier) {
      case "weak",
          "volatile",
          "relaxed",
          "acquire",
          "release",
          "cta",
          "gpu",
          "sys",
          "ca",
          "cg",
          "cs",
          "lu",
          "cv",
          "nc",
          "wb",
          "wt",
          "v2",
          "v4" ->
          true;
      default -> modifier.startsWith("L1::") || modifier.startsWith("L2::");
    };
  }
}
