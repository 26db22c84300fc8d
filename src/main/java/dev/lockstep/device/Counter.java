package dev.lockstep.device;

/**
 * What is counted, and what Nsight Compute calls it; names without {@code __} are ours.
 *
 * <p>What is counted are PTX instructions, as the kernel's text has them. Nsight counts the machine
 * instructions ptxas made of them, so numbers of instructions differ: address arithmetic folds into
 * loads, {@code ld.param} becomes an operand, a division becomes a dozen instructions. What memory
 * accesses do does not differ, unless ptxas merges, removes or doubles them.
 */
public enum Counter {
  /** Instructions executed by warps, each for up to 32 threads; those under a false guard too. */
  INSTRUCTIONS("smsp__inst_executed.sum"),
  /** The same by thread: the active lanes of each. */
  THREAD_INSTRUCTIONS("smsp__thread_inst_executed.sum"),
  /** Without the lanes whose guard was false. A guarded branch is executed by those it takes. */
  THREAD_INSTRUCTIONS_ON("smsp__thread_inst_executed_pred_on.sum"),

  // By class, by thread, guard true.
  /** Integer arithmetic, comparisons, logic and bit manipulation. */
  INTEGER("smsp__sass_thread_inst_executed_op_integer_pred_on.sum"),
  /** Arithmetic and comparisons on f16, bf16 and pairs of them. */
  FP16("smsp__sass_thread_inst_executed_op_fp16_pred_on.sum"),
  /** On f32, special functions included. */
  FP32("smsp__sass_thread_inst_executed_op_fp32_pred_on.sum"),
  /** On f64. */
  FP64("smsp__sass_thread_inst_executed_op_fp64_pred_on.sum"),
  /** {@code cvt}. */
  CONVERSION("smsp__sass_thread_inst_executed_op_conversion_pred_on.sum"),
  /** Branches, calls, returns. */
  CONTROL("smsp__sass_thread_inst_executed_op_control_pred_on.sum"),
  /** Loads, stores, atomics and copies, of any space. */
  MEMORY("smsp__sass_thread_inst_executed_op_memory_pred_on.sum"),
  /** {@code shfl}, {@code vote}, {@code match}, {@code redux} and the like. */
  INTER_THREAD("smsp__sass_thread_inst_executed_op_inter_thread_communication_pred_on.sum"),
  /** All others: moves, selections, barriers, matrix products. */
  MISC("smsp__sass_thread_inst_executed_op_misc_pred_on.sum"),

  // Floating-point operations, by thread, guard true; an instruction on a pair counts two.
  FADD("smsp__sass_thread_inst_executed_op_fadd_pred_on.sum"),
  FMUL("smsp__sass_thread_inst_executed_op_fmul_pred_on.sum"),
  FFMA("smsp__sass_thread_inst_executed_op_ffma_pred_on.sum"),
  DADD("smsp__sass_thread_inst_executed_op_dadd_pred_on.sum"),
  DMUL("smsp__sass_thread_inst_executed_op_dmul_pred_on.sum"),
  DFMA("smsp__sass_thread_inst_executed_op_dfma_pred_on.sum"),
  HADD("smsp__sass_thread_inst_executed_op_hadd_pred_on.sum"),
  HMUL("smsp__sass_thread_inst_executed_op_hmul_pred_on.sum"),
  HFMA("smsp__sass_thread_inst_executed_op_hfma_pred_on.sum"),

  // By warp.
  /** Special functions: {@code ex2}, {@code lg2}, {@code sin}, {@code rcp}, {@code sqrt}, … */
  SPECIAL("sm__inst_executed_pipe_xu.sum"),
  /** {@code mma} and {@code wmma.mma}. */
  TENSOR("sm__inst_executed_pipe_tensor.sum"),
  /** Floating-point operations of those: 2·m·n·k each. */
  TENSOR_FLOPS("tensor_flops"),
  /** Integer and bit operations of those: 2·m·n·k each. */
  TENSOR_INTEGER_OPS("tensor_integer_ops"),
  /** Branches, taken or not. */
  BRANCHES("smsp__sass_inst_executed_op_branch.sum"),
  /** Branches that some of the active lanes took and others did not. */
  DIVERGENT_BRANCHES("smsp__sass_branch_targets_threads_divergent.sum"),
  /** Arrivals of warps at block-wide barriers. */
  BARRIERS("barriers"),
  /** Those arrivals at which the warp was not the last and had to wait. */
  BARRIER_WAITS("barrier_waits"),
  /** {@code ld.const} and {@code ld.param}. */
  CONSTANT_LOADS("constant_loads"),

  // Global memory. A request is an instruction with at least one lane that accesses it; generic
  // addresses count where they lead. Of each request: different 32-byte sectors; different
  // 128-byte lines; bytes asked for, lanes times size; and different bytes among those.
  GLOBAL_LOAD_REQUESTS("l1tex__t_requests_pipe_lsu_mem_global_op_ld.sum"),
  GLOBAL_LOAD_SECTORS("l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum"),
  GLOBAL_LOAD_LINES("global_load_lines"),
  GLOBAL_LOAD_BYTES("smsp__sass_data_bytes_mem_global_op_ld.sum"),
  GLOBAL_LOAD_DISTINCT_BYTES("global_load_distinct_bytes"),

  GLOBAL_STORE_REQUESTS("l1tex__t_requests_pipe_lsu_mem_global_op_st.sum"),
  GLOBAL_STORE_SECTORS("l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum"),
  GLOBAL_STORE_LINES("global_store_lines"),
  GLOBAL_STORE_BYTES("smsp__sass_data_bytes_mem_global_op_st.sum"),
  GLOBAL_STORE_DISTINCT_BYTES("global_store_distinct_bytes"),

  // cp.async: its reads. A lane that reads a part and fills the rest with zeroes counts in full.
  GLOBAL_COPY_REQUESTS("l1tex__t_requests_pipe_lsu_mem_global_op_ldgsts.sum"),
  GLOBAL_COPY_SECTORS("l1tex__t_sectors_pipe_lsu_mem_global_op_ldgsts.sum"),
  GLOBAL_COPY_LINES("global_copy_lines"),
  GLOBAL_COPY_BYTES("smsp__sass_data_bytes_mem_global_op_ldgsts.sum"),
  GLOBAL_COPY_DISTINCT_BYTES("global_copy_distinct_bytes"),

  GLOBAL_ATOMIC_REQUESTS("l1tex__t_requests_pipe_lsu_mem_global_op_atom.sum"),
  GLOBAL_ATOMIC_SECTORS("l1tex__t_sectors_pipe_lsu_mem_global_op_atom.sum"),
  GLOBAL_ATOMIC_LINES("global_atomic_lines"),
  GLOBAL_ATOMIC_BYTES("smsp__sass_data_bytes_mem_global_op_atom.sum"),
  GLOBAL_ATOMIC_DISTINCT_BYTES("global_atomic_distinct_bytes"),

  GLOBAL_REDUCTION_REQUESTS("l1tex__t_requests_pipe_lsu_mem_global_op_red.sum"),
  GLOBAL_REDUCTION_SECTORS("l1tex__t_sectors_pipe_lsu_mem_global_op_red.sum"),
  GLOBAL_REDUCTION_LINES("global_reduction_lines"),
  GLOBAL_REDUCTION_BYTES("smsp__sass_data_bytes_mem_global_op_red.sum"),
  GLOBAL_REDUCTION_DISTINCT_BYTES("global_reduction_distinct_bytes"),

  // Shared memory has 32 banks of 4-byte words. An access of 8 bytes a lane is made by half-warps,
  // one of 16 by quarter-warps; each takes as many wavefronts as the most different words any bank
  // must give. A conflict is a wavefront beyond the first of each. Loads include ldmatrix, stores
  // include stmatrix and what cp.async writes. Lanes of an atomic do not share a word.
  SHARED_LOAD_REQUESTS("smsp__inst_executed_op_shared_ld.sum"),
  SHARED_LOAD_WAVEFRONTS("l1tex__data_pipe_lsu_wavefronts_mem_shared_op_ld.sum"),
  SHARED_LOAD_CONFLICTS("l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_ld.sum"),
  SHARED_LOAD_BYTES("smsp__sass_data_bytes_mem_shared_op_ld.sum"),

  SHARED_STORE_REQUESTS("smsp__inst_executed_op_shared_st.sum"),
  SHARED_STORE_WAVEFRONTS("l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum"),
  SHARED_STORE_CONFLICTS("l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_st.sum"),
  SHARED_STORE_BYTES("smsp__sass_data_bytes_mem_shared_op_st.sum"),

  SHARED_ATOMIC_REQUESTS("smsp__inst_executed_op_shared_atom.sum"),
  SHARED_ATOMIC_WAVEFRONTS("l1tex__data_pipe_lsu_wavefronts_mem_shared_op_atom.sum"),
  SHARED_ATOMIC_CONFLICTS("l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_atom.sum"),
  SHARED_ATOMIC_BYTES("smsp__sass_data_bytes_mem_shared_op_atom.sum"),

  // Local memory lies interleaved: the same 4-byte word of all 32 lanes makes one 128-byte line.
  LOCAL_LOAD_REQUESTS("l1tex__t_requests_pipe_lsu_mem_local_op_ld.sum"),
  LOCAL_LOAD_SECTORS("l1tex__t_sectors_pipe_lsu_mem_local_op_ld.sum"),
  LOCAL_LOAD_BYTES("smsp__sass_data_bytes_mem_local_op_ld.sum"),

  LOCAL_STORE_REQUESTS("l1tex__t_requests_pipe_lsu_mem_local_op_st.sum"),
  LOCAL_STORE_SECTORS("l1tex__t_sectors_pipe_lsu_mem_local_op_st.sum"),
  LOCAL_STORE_BYTES("smsp__sass_data_bytes_mem_local_op_st.sum");

  private final String metric;

  Counter(String metric) {
    this.metric = metric;
  }

  /** Nsight Compute's name, or ours. */
  public String metric() {
    return metric;
  }
}
