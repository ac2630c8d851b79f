package dev.fathom.engine.cuda.emulated.ptx.arith;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The opcodes that a static method computes, without .ftz and .sat. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Ptx {
    String[] value();
}
