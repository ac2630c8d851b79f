/** Steps that are not finite: where the fault was planted is where the detective must find it. */
package dev.fathom.tests.nan;
