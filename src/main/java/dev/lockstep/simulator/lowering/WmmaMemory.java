package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.Element;
import dev.lockstep.simulator.op.FragmentLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Load;
import dev.lockstep.simulator.op.Store;
import dev.lockstep.simulator.op.WholeWarp;
import java.util.List;

/**
 * {@code wmma.load} and {@code wmma.store}: for each register a plain load or store at the place of
 * its element. Where what a register holds is not together in memory, element by element.
 */
final class WmmaMemory {
  private final Emitter e;
  private final MatrixElement type;
  private final Fragment fragment;
  private final StateSpace space;
  private final Slot<long[]> base;
  private final long offset;
  private final Slot<int[]> stride;

  /** Whether rows of the matrix follow each other, rather than columns. */
  private final boolean rows;

  private WmmaMemory(Instruction in, MatrixForm form, Emitter emitter, int addressOperand) {
    this.e = emitter;
    if (form.types().size() != 1 || form.columnMajor().size() != 1) {
      throw new Unsupported("it needs one layout and one type");
    }
    type = type(form);
    rows = rowMajor(form);
    space =
        form.has("global")
            ? StateSpace.GLOBAL
            : form.has("shared") || form.has("shared::cta")
                ? StateSpace.SHARED
                : StateSpace.GENERIC;
    fragment = fragment(form);
    // The registers are looked at by the decoder of plain addresses, too, which knows the rules.
    AddressOperand.of(operand(in, addressOperand), space, e);
    Operand.Address address = (Operand.Address) operand(in, addressOperand);
    offset = address.offset();
    base =
        address.base() instanceof Operand.Symbol(String name, long more)
            ? e.registers.constant(e.symbols.addressOf(name, more))
            : e.b64(address.base());
    int last = in.operands().size() - 1;
    stride =
        last == 2 ? e.b32(operand(in, 2)) : e.registers.constant(rows ? columns(form) : rows(form));
  }

  static void decode(Instruction in, MatrixForm form, Emitter e) {
    boolean load = form.has("load");
    if (load == form.has("store") || form.has("store") != form.has("d")) {
      throw new Unsupported("it is neither a load of A, B or C nor a store of D");
    }
    WmmaMemory memory = new WmmaMemory(in, form, e, load ? 1 : 0);
    if (load) {
      memory.load(in, form);
    } else {
      memory.store(in);
    }
  }

  private void load(Instruction in, MatrixForm form) {
    int count = form.has("c") ? fragment.registers() : WmmaDecoder.registers(fragment, type);
    List<Operand> targets = MatrixProductEmitter.elements(operand(in, 0), count);
    e.emit(new WholeWarp("wmma.load"));
    // Behind a load into it, the base may be gone: places are computed from a copy.
    Slot<long[]> places = e.registers.temporaryLong();
    Slot<int[]> part = e.registers.temporaryInt();
    Slot<int[]> packed = e.registers.temporaryInt();
    int[] values = new int[fragment.registers()];
    for (int r = 0; r < values.length; r++) {
      values[r] = value(type == MatrixElement.F64);
    }
    for (int r = 0; r < fragment.registers(); r++) {
      if (isTogether()) {
        e.emit(place(places, r, 0));
        Element element = type == MatrixElement.F64 ? Element.DOUBLE : Element.INT;
        e.emit(new Load(element, at(places), new int[] {values[r]}));
        continue;
      }
      Slot<int[]> whole = new Slot<>(Slot.INTS, values[r]);
      for (int p = 0; p < fragment.perRegister(); p++) {
        e.emit(place(places, r, p));
        e.emit(new Load(narrow(), at(places), new int[] {part.index()}));
        e.emit(new FragmentLanes.Insert(packed, part, p * type.bits()));
      }
      e.emit(IntLanes::move, whole, packed);
    }
    for (int r = 0; r < count; r++) {
      int from = values[r % values.length];
      if (type == MatrixElement.F64) {
        e.emit(DoubleLanes::move, e.toF64(targets.get(r)), new Slot<>(Slot.DOUBLES, from));
      } else {
        e.emit(IntLanes::move, e.toB32(targets.get(r)), new Slot<>(Slot.INTS, from));
      }
    }
  }

  private int value(boolean wide) {
    return wide ? e.registers.temporaryDouble().index() : e.registers.temporaryInt().index();
  }

  private void store(Instruction in) {
    int count = fragment.registers();
    List<Operand> sources = MatrixProductEmitter.elements(operand(in, 1), count);
    e.emit(new WholeWarp("wmma.store"));
    Slot<long[]> places = e.registers.temporaryLong();
    for (int r = 0; r < count; r++) {
      if (type == MatrixElement.F64) {
        e.emit(place(places, r, 0));
        int value = e.f64(sources.get(r)).index();
        e.emit(new Store(Element.DOUBLE, at(places), new int[] {value}));
        continue;
      }
      Slot<int[]> value = e.b32(sources.get(r));
      if (isTogether()) {
        e.emit(place(places, r, 0));
        e.emit(new Store(Element.INT, at(places), new int[] {value.index()}));
        continue;
      }
      Slot<int[]> part = e.registers.temporaryInt();
      for (int p = 0; p < fragment.perRegister(); p++) {
        e.emit(IntLanes::shrUnsigned, part, value, e.registers.constant(p * type.bits()));
        e.emit(place(places, r, p));
        e.emit(new Store(narrow(), at(places), new int[] {part.index()}));
      }
    }
  }

  /** Whether the elements of a register are neighbours in memory. */
  private boolean isTogether() {
    if (fragment.perRegister() == 1) {
      return true;
    }
    boolean alongRow = fragment.row(0, 0, 0) == fragment.row(0, 1, 0);
    return alongRow == rows;
  }

  private Element narrow() {
    return type.bits() == 16 ? Element.U16 : Element.U8;
  }

  private Address at(Slot<long[]> places) {
    return new Address(space, places, offset);
  }

  private FragmentLanes.Places place(Slot<long[]> to, int register, int part) {
    int[] major = new int[Warp.LANES];
    int[] minor = new int[Warp.LANES];
    // Single bits lie 32 to a word in the fragment, but count one by one in the stride.
    int unit = type == MatrixElement.B1 ? 32 : 1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int row = fragment.row(register, part, lane);
      int column = fragment.column(register, part, lane);
      major[lane] = rows ? row : column;
      minor[lane] = unit * (rows ? column : row);
    }
    return new FragmentLanes.Places(to, base, stride, major, minor, type.bits());
  }

  private static MatrixElement type(MatrixForm form) {
    return form.types().getFirst();
  }

  private static boolean rowMajor(MatrixForm form) {
    return !form.columnMajor().getFirst();
  }

  static Fragment fragment(MatrixForm form) {
    MatrixElement type = type(form);
    if (form.has("a") || form.has("b")) {
      WmmaDecoder.checkShape(form, type);
      boolean subByte = type.bits() < 8;
      if (subByte && rowMajor(form) != form.has("a")) {
        throw new Unsupported("a layout in which elements of less than a byte are not together");
      }
      return form.has("a") ? WmmaDecoder.a(form, type) : WmmaDecoder.b(form, type);
    }
    switch (type) {
      case F16, F32 -> form.requireShape("m16n16k16", "m8n32k16", "m32n8k16", "m16n16k8");
      case S32 -> form.requireShape("m16n16k16", "m8n32k16", "m32n8k16", "m8n8k32", "m8n8k128");
      case F64 -> form.requireShape("m8n8k4");
      default -> throw new Unsupported("accumulators of ." + type.spelling());
    }
    return WmmaDecoder.c(form, type);
  }

  private int rows(MatrixForm form) {
    return form.has("b") ? form.k() : form.m();
  }

  private int columns(MatrixForm form) {
    return form.has("a") ? form.k() : form.n();
  }
}
