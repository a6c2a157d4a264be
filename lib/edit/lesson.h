/*
 * lesson.h - what a hypernetwork is trained on: one edit, the same said
 * otherwise, and something else that must stay, as tokens.
 */
#ifndef EE_LESSON_H
#define EE_LESSON_H

#include "edit/said.h"

struct ee_lesson {
	char id[64];
	struct ee_said edit;
	struct ee_said outer;	/* where the edit loss is read */
	struct ee_said loc;
};

#endif
