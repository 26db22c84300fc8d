/**
 * A {@link dev.lockstep.grill.lab.Question} with its answer, and the {@link
 * dev.lockstep.grill.lab.Lab} that puts it to the test.
 */
@NullMarked
package dev.lockstep.grill.lab;

import org.jspecify.annotations.NullMarked;
