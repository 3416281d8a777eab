/* What TFLite calls of a partition that the delegate took. */
#ifndef PTFE_CALLBACKS_H
#define PTFE_CALLBACKS_H

#include "../compile/work.h"

/* Lets TFLite replace the supported nodes by the loaded kernels. 0, or -1 and fills the work's error. */
int work_replace(work *w);

#endif
