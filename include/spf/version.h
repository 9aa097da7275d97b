/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SPF_VERSION_H
#define SPF_VERSION_H

#define SPF_VERSION	"0.1.0"

#endif /* SPF_VERSION_H */
